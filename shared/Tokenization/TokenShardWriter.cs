using System.Buffers;
using System.Buffers.Text;

namespace InternPlatform.Tokenization;

/// <summary>
/// Writes InternEvo's tokenised data: <c>X.bin</c>, one <c>{"tokens": [1, -7]}</c> a line, and <c>X.bin.meta</c>, the
/// place and length of each line. A negative id is input without loss.
/// </summary>
/// <remarks>
/// Both files are written beside their names and moved into place by <see cref="Complete"/>, the meta file last: a
/// shard with a meta file is whole. Disposing without <see cref="Complete"/> leaves nothing.
/// </remarks>
public sealed class TokenShardWriter : IDisposable
{
    private readonly string binPath;
    private readonly string metaPath;
    private readonly FileStream bin;
    private readonly List<(long Offset, long TokenCount)> lines = [];
    private readonly ArrayBufferWriter<byte> line = new();
    private long offset;
    private bool completed;

    /// <summary>Begins a shard; an existing one is replaced when this one is complete.</summary>
    /// <param name="binPath">Path of the <c>.bin</c> file; <c>.meta</c> is added for the other.</param>
    public TokenShardWriter(string binPath)
    {
        this.binPath = binPath;
        metaPath = binPath + ".meta";
        bin = new FileStream(binPath + ".tmp", FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
    }

    /// <summary>Adds one sample.</summary>
    /// <exception cref="ArgumentException">An id is 0, which has no sign, or int.MinValue, which has no opposite.</exception>
    public void Add(ReadOnlySpan<int> signedIds)
    {
        ObjectDisposedException.ThrowIf(completed, this);
        if (signedIds.ContainsAny(0, int.MinValue))
        {
            throw new ArgumentException("A shard holds neither id 0, which could not be marked as without loss, nor int.MinValue.", nameof(signedIds));
        }

        line.ResetWrittenCount();
        line.Write("{\"tokens\": ["u8);
        for (var i = 0; i < signedIds.Length; i++)
        {
            line.Write(i == 0 ? ""u8 : ", "u8);
            Utf8Formatter.TryFormat(signedIds[i], line.GetSpan(11), out var written);
            line.Advance(written);
        }

        line.Write("]}\n"u8);
        bin.Write(line.WrittenSpan);
        lines.Add((offset, signedIds.Length));
        offset += line.WrittenCount;
    }

    /// <summary>Makes the shard visible under its name.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(completed, this);
        bin.Flush(flushToDisk: true);
        bin.Dispose();
        ShardMeta.Write(metaPath + ".tmp", lines);
        File.Delete(metaPath);   // an older meta file must not stand beside the new lines, not even for a moment
        File.Move(binPath + ".tmp", binPath, overwrite: true);
        File.Move(metaPath + ".tmp", metaPath, overwrite: true);
        completed = true;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        bin.Dispose();
        if (!completed)
        {
            File.Delete(binPath + ".tmp");
            File.Delete(metaPath + ".tmp");
        }
    }
}
