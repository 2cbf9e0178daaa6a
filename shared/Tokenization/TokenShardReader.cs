using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace InternPlatform.Tokenization;

/// <summary>
/// Reads a shard that <see cref="TokenShardWriter"/>, InternEvo or XTuner wrote. Samples are read from the disk one
/// by one; only the file handles stay open. Safe to share between threads.
/// </summary>
public sealed class TokenShardReader : IDisposable
{
    private readonly string path;
    private readonly SafeFileHandle bin;
    private readonly ShardMeta meta;
    private readonly long length;

    private TokenShardReader(string path, SafeFileHandle bin, ShardMeta meta)
    {
        this.path = path;
        this.bin = bin;
        this.meta = meta;
        length = RandomAccess.GetLength(bin);
        TotalTokens = meta.Check(length);
    }

    /// <summary>Number of samples.</summary>
    public int Count => meta.Count;

    /// <summary>Tokens of all samples.</summary>
    public long TotalTokens { get; }

    /// <summary>Opens a shard and checks its meta file; lines are checked as they are read.</summary>
    /// <param name="binPath">Path of the <c>.bin</c> file; its <c>.meta</c> lies beside it.</param>
    /// <exception cref="InvalidShardException">A file is missing, cut off, or does not fit the other.</exception>
    public static TokenShardReader Open(string binPath)
    {
        if (!File.Exists(binPath))
        {
            throw new InvalidShardException(binPath, "the file does not exist.");
        }

        var meta = ShardMeta.Open(binPath + ".meta");
        var bin = File.OpenHandle(binPath);
        try
        {
            return new TokenShardReader(binPath, bin, meta);
        }
        catch
        {
            bin.Dispose();
            meta.Dispose();
            throw;
        }
    }

    /// <summary>Number of tokens of sample <paramref name="index"/>.</summary>
    public int TokenCount(int index)
    {
        ThrowIfOutside(index);
        return checked((int)meta.Row(index).TokenCount);
    }

    /// <summary>Signed ids of sample <paramref name="index"/>; negative where no loss is taken.</summary>
    /// <exception cref="InvalidShardException">The line is broken, or has not the tokens that the meta file promises.</exception>
    public int[] Read(int index)
    {
        ThrowIfOutside(index);
        var (start, count) = meta.Row(index);
        var end = index + 1 < Count ? meta.Row(index + 1).Offset : length;
        if (end - start > Array.MaxLength)
        {
            throw Invalid(index, $"has {end - start} bytes, more than can be read at once.");
        }

        var line = new byte[end - start];
        for (var done = 0; done < line.Length;)
        {
            var read = RandomAccess.Read(bin, line.AsSpan(done), start + done);
            done += read > 0 ? read : throw Invalid(index, "ends before its length: the file has shrunk.");
        }

        return Parse(index, line, count);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        bin.Dispose();
        meta.Dispose();
    }

    private int[] Parse(int index, ReadOnlySpan<byte> line, long count)
    {
        if (count > line.Length / 2 || line[^1] != '\n' || line.IndexOf((byte)'\n') != line.Length - 1)
        {
            throw Invalid(index, $"is not one line that could hold the {count} tokens which the meta file promises.");
        }

        try
        {
            var reader = new Utf8JsonReader(line);
            var tokens = new int[count];
            var read = ReadTokens(ref reader, tokens);
            return read == count ? tokens : throw Invalid(index, $"has {read} tokens, but the meta file promises {count}.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidShardException(path, $"sample {index} is not {{\"tokens\": [integers]}}: {e.Message}", e);
        }
    }

    private static long ReadTokens(ref Utf8JsonReader reader, int[] tokens)
    {
        var read = 0L;
        reader.Read();
        Expect(ref reader, JsonTokenType.StartObject);
        reader.Read();
        if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("tokens"u8))
        {
            throw new FormatException("the first key is not 'tokens'.");
        }

        reader.Read();
        Expect(ref reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var id = reader.GetInt32();
            if (read < tokens.Length)
            {
                tokens[read] = id;
            }

            read++;
        }

        while (reader.Read())
        {
            // Further keys are allowed, and the line must be JSON to its end.
        }

        return read;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type)
        {
            throw new FormatException($"{reader.TokenType} stands where {type} should.");
        }
    }

    private void ThrowIfOutside(int index)
    {
        if ((uint)index >= (uint)Count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"The shard has samples 0 to {Count - 1}.");
        }
    }

    private InvalidShardException Invalid(int index, string reason) => new(path, $"sample {index} {reason}");
}
