using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace InternPlatform.Models;

/// <summary>
/// Reads numbers and texts from the start of a GGUF file, never past its end. What it allocates is counted against what
/// a file of this length may cost, before it is allocated: a header can say anything.
/// </summary>
internal ref struct GgufReader(string path, ReadOnlySpan<byte> file)
{
    // Twice the file, and room for the vocabulary of a file without tensors: a short text costs more in memory than on disk.
    private const int FreeBytes = 14 << 20;
    private const int TextBytes = 40;
    private readonly ReadOnlySpan<byte> file = file;
    private long mayAllocate = (2L * file.Length) + FreeBytes;

    public int Position { get; private set; }

    /// <summary>What is being read, for messages.</summary>
    public string Subject { get; set; } = "the header";

    public readonly long Left => file.Length - Position;

    public ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)Left)
        {
            throw Invalid($"needs {count} bytes from byte {Position}, but the file ends at byte {file.Length}.");
        }

        var taken = file.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    public T Number<T>() where T : unmanaged => MemoryMarshal.Read<T>(Take((ulong)Unsafe.SizeOf<T>()));

    /// <summary>Numbers that follow each other.</summary>
    /// <param name="count">As the file says; anything.</param>
    public T[] Numbers<T>(ulong count) where T : unmanaged
    {
        var bytes = Take(ThrowIfBeyond(count, Unsafe.SizeOf<T>()) * (ulong)Unsafe.SizeOf<T>());
        Charge(bytes.Length);
        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }

    public bool Flag() => Number<byte>() switch
    {
        0 => false,
        1 => true,
        var other => throw Invalid($"holds {other} where 0 or 1 must be."),
    };

    public string Text(int maxBytes)
    {
        var length = Number<ulong>();
        if (length > (ulong)maxBytes)
        {
            throw Invalid($"has a text of {length} bytes at byte {Position}; at most {maxBytes} may be there.");
        }

        var utf8 = Take(length);
        Charge(TextBytes + (2L * utf8.Length));
        return Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw Invalid($"has a text before byte {Position} that is not UTF-8.");
    }

    /// <summary>A count of things with at least <paramref name="leastBytes"/> each, which must fit in what is left.</summary>
    public readonly ulong ThrowIfBeyond(ulong count, int leastBytes) => count <= (ulong)(Left / leastBytes)
        ? count
        : throw Invalid($"claims {count} entries at byte {Position} of a file of {file.Length}.");

    public void Charge(long bytes)
    {
        mayAllocate -= bytes;
        if (mayAllocate < 0)
        {
            throw Invalid("would take far more memory than the file has bytes.");
        }
    }

    public readonly InvalidModelException Invalid(string what) => new(path, $"'{Subject}' {what}");
}
