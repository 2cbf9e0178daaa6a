using System.Buffers.Binary;
using System.Text;

namespace InternPlatform.Training.Native;

/// <summary>
/// Marks one needed symbol version of a 64-bit little-endian ELF library as weak, so that the dynamic loader does not refuse the library
/// when the system's copy of the needed library is older.
/// </summary>
/// <remarks>
/// Safe for libLibTorchSharp.so because the only symbol that asks for GLIBCXX_3.4.32 is an undefined initialisation marker that is never
/// called. Layout: System V ABI, chapter 5, and "ELF Symbol Versioning" (LSB 5.0, section 10.7).
/// </remarks>
internal static class ElfVersionNeeds
{
    private const ulong DynamicNull = 0, DynamicStrings = 5, DynamicNeeds = 0x6ffffffe, DynamicNeedCount = 0x6fffffff;
    private const uint SegmentLoad = 1, SegmentDynamic = 2;
    private const ushort WeakFlag = 2;

    /// <summary>Sets the weak flag wherever <paramref name="version"/> is needed; how many places there were.</summary>
    /// <exception cref="TrainingException">The bytes are not a 64-bit little-endian ELF file, or its tables leave the file.</exception>
    public static int MakeWeak(Span<byte> file, string version)
    {
        if (file.Length < 64 || !file[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            throw new TrainingException("The native library is not a 64-bit little-endian ELF file.");
        }

        try
        {
            return Mark(file, version);
        }
        catch (ArgumentOutOfRangeException e)
        {
            throw new TrainingException("The native library's version tables point outside the file.", e);
        }
    }

    private static int Mark(Span<byte> file, string version)
    {
        var dynamic = Dynamic(file);
        var strings = FileOffset(file, dynamic[DynamicStrings]);
        var need = FileOffset(file, dynamic[DynamicNeeds]);
        var marked = 0;
        for (var i = 0UL; i < dynamic[DynamicNeedCount]; i++)
        {
            var entry = need + (int)U32(file, need + 8);
            for (var count = U16(file, need + 2); count > 0; count--)
            {
                if (Text(file, strings + (int)U32(file, entry + 8)) == version)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(file[(entry + 4)..], (ushort)(U16(file, entry + 4) | WeakFlag));
                    marked++;
                }

                entry += (int)U32(file, entry + 12);
            }

            need += (int)U32(file, need + 12);
        }

        return marked;
    }

    private static Dictionary<ulong, ulong> Dynamic(ReadOnlySpan<byte> file)
    {
        var found = new Dictionary<ulong, ulong> { [DynamicStrings] = 0, [DynamicNeeds] = 0, [DynamicNeedCount] = 0 };
        for (var i = 0; i < U16(file, 56); i++)
        {
            var header = (int)U64(file, 32) + (i * U16(file, 54));
            if (U32(file, header) != SegmentDynamic)
            {
                continue;
            }

            for (var at = (int)U64(file, header + 8); U64(file, at) != DynamicNull; at += 16)
            {
                if (found.ContainsKey(U64(file, at)))
                {
                    found[U64(file, at)] = U64(file, at + 8);
                }
            }
        }

        return found;
    }

    private static int FileOffset(ReadOnlySpan<byte> file, ulong address)
    {
        for (var i = 0; i < U16(file, 56); i++)
        {
            var header = (int)U64(file, 32) + (i * U16(file, 54));
            var start = U64(file, header + 16);
            if (U32(file, header) == SegmentLoad && address >= start && address < start + U64(file, header + 32))
            {
                return (int)(U64(file, header + 8) + address - start);
            }
        }

        throw new TrainingException("The native library's dynamic table names an address that no segment holds.");
    }

    private static string Text(ReadOnlySpan<byte> file, int at)
    {
        var rest = file[at..];
        return Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private static ushort U16(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt16LittleEndian(file[at..]);

    private static uint U32(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt32LittleEndian(file[at..]);

    private static ulong U64(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadUInt64LittleEndian(file[at..]);
}
