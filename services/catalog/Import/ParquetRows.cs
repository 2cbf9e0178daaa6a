using System.Collections;
using System.Text.Json.Nodes;
using Parquet;
using Parquet.Meta;
using Parquet.Serialization;

namespace InternPlatform.Catalog.Import;

/// <summary>
/// Parquet, one row group at a time: a row becomes the object of its text, number, list and structure columns, and then rows as from JSON.
/// </summary>
internal sealed class ParquetRows(RecordRows records)
{
    /// <summary>A row group is decoded as a whole, and takes several times its size in memory.</summary>
    public const long LongestGroupBytes = 512L << 20;

    public async Task ReadAsync(Stream file, Action<long> progress, CancellationToken cancellationToken)
    {
        var groups = await GroupsAsync(file, cancellationToken);
        var total = groups.Sum(group => group.NumRows);
        var row = 0L;
        for (var index = 0; index < groups.Count; index++)
        {
            if (groups[index].TotalByteSize > LongestGroupBytes)
            {
                throw JobProblems.RowGroupTooLarge(index + 1, groups[index].TotalByteSize, LongestGroupBytes);
            }

            foreach (var record in await GroupAsync(file, index, cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var json = System.Text.Json.JsonDocument.Parse(ObjectOf(record).ToJsonString());
                records.Add(json.RootElement, ++row);
                progress((long)(file.Length * (row / (double)Math.Max(total, row))));
            }
        }
    }

    private static async Task<List<RowGroup>> GroupsAsync(Stream file, CancellationToken cancellationToken)
    {
        var (begins, ends) = Marks(file);
        if (!begins || !ends)
        {
            throw JobProblems.InvalidParquet(begins ? "It is cut off: the mark at its end is missing." : "It does not begin with the mark of a Parquet file.");
        }

        return await Decoding(async () =>
        {
            await using var reader = await ParquetReader.CreateAsync(file, leaveStreamOpen: true, cancellationToken: cancellationToken);
            return reader.Metadata?.RowGroups ?? [];
        });
    }

    private static async Task<IReadOnlyCollection<IDictionary<string, object?>>> GroupAsync(Stream file, int index, CancellationToken cancellationToken) =>
        await Decoding(async () =>
        {
            file.Position = 0;
            var result = await ParquetSerializer.DeserializeUntypedAsync(file, rowGroupIndex: index, cancellationToken: cancellationToken);
            return (IReadOnlyCollection<IDictionary<string, object?>>)[.. result.Data.Select(row => (IDictionary<string, object?>)row!)];
        });

    /// <summary>A broken file makes the decoder throw whatever its broken numbers lead to; all of it means the same.</summary>
    private static async Task<T> Decoding<T>(Func<Task<T>> decode)
    {
        try
        {
            return await decode();
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            throw JobProblems.InvalidParquet($"It is damaged, or uses a feature that is not known here ({e.Message.TrimEnd('.')}).");
        }
    }

    private static (bool Begins, bool Ends) Marks(Stream file)
    {
        if (file.Length < 12)
        {
            return (false, false);
        }

        Span<byte> mark = stackalloc byte[4];
        file.Position = 0;
        file.ReadExactly(mark);
        var begins = mark.SequenceEqual("PAR1"u8);
        file.Position = file.Length - 4;
        file.ReadExactly(mark);
        file.Position = 0;
        return (begins, mark.SequenceEqual("PAR1"u8));
    }

    private static JsonObject ObjectOf(IEnumerable<KeyValuePair<string, object?>> row) =>
        new(row.Select(column => KeyValuePair.Create(column.Key, NodeOf(column.Value))).Where(column => column.Value is not null));

    /// <summary>Text, numbers and what holds them; bytes, dates and other columns are no text.</summary>
    private static JsonNode? NodeOf(object? value) => value switch
    {
        string text => JsonValue.Create(text),
        ReadOnlyMemory<char> text => JsonValue.Create(text.ToString()),    // what the elements of a list of strings are
        int number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        double number when double.IsFinite(number) => JsonValue.Create(number),
        float number when float.IsFinite(number) => JsonValue.Create(number),
        bool flag => JsonValue.Create(flag),
        byte[] => null,
        IEnumerable<KeyValuePair<string, object?>> members => ObjectOf(members),
        IEnumerable items => new JsonArray([.. items.Cast<object?>().Select(NodeOf)]),
        _ => null,
    };
}
