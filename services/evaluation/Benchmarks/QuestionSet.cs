using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Datasets;

namespace InternPlatform.Evaluation.Benchmarks;

/// <summary>The questions of one suite, and those that serve as examples. All of them are read, and refused if they do not fit, before anything is asked.</summary>
internal sealed record QuestionSet(Benchmark Benchmark, IReadOnlyList<Question> Asked, IReadOnlyList<Question> Spare)
{
    private const long MostRows = 100_000;
    private const int SparePerShot = 16;

    public static async Task<QuestionSet> ReadAsync(IArtifactStore store, EvaluateSuite suite, int seed, CancellationToken cancellationToken)
    {
        var benchmark = BenchmarkList.Find(suite.Benchmark)!;
        using var rows = await OpenAsync(store, suite, cancellationToken);
        // Null: every row is the benchmark's.
        var own = benchmark.TakesAll ? null : Own(benchmark, rows, cancellationToken);
        var count = own?.Count ?? rows.Meta.Rows;
        if (count == 0)
        {
            throw Problems.NoRows(benchmark.Name, suite.DatasetArtifactId);
        }

        var asked = Math.Min(suite.Limit ?? count, count);
        if (asked > MostRows)
        {
            throw Problems.TooManyRows(benchmark.Name, count, MostRows);
        }

        var places = RowDraw.Draw(seed, count, asked + (long)suite.FewShot * SparePerShot);
        var drawn = own is null ? places : [.. places.Select(place => own[(int)place])];
        var questions = Read(benchmark, rows, drawn.ToHashSet(), cancellationToken);
        return new QuestionSet(benchmark, [.. drawn.Take((int)asked).Order().Select(row => questions[row])], [.. drawn.Skip((int)asked).Select(row => questions[row])]);
    }

    /// <summary>Examples for a question: of its group before others, of the rows that are not asked before those that are, and never itself.</summary>
    public IReadOnlyList<Question> ShotsFor(Question question, int count)
    {
        if (count == 0)
        {
            return [];
        }

        var others = Spare.Concat(Asked).Where(other => other.Row != question.Row);
        return [.. others.OrderBy(other => other.Group == question.Group ? 0 : 1).Take(count)];
    }

    private static async Task<DatasetRows> OpenAsync(IArtifactStore store, EvaluateSuite suite, CancellationToken cancellationToken)
    {
        try
        {
            return await DatasetRows.OpenAsync(store, suite.DatasetArtifactId, cancellationToken);
        }
        catch (Exception e) when (e is ArtifactNotFoundException or ArtifactFileNotFoundException or InvalidManifestException or NotADatasetException or InvalidDataException or JsonException)
        {
            throw Problems.DatasetUnusable(suite.Benchmark, suite.DatasetArtifactId, e.Message);
        }
    }

    private static List<long> Own(Benchmark benchmark, DatasetRows rows, CancellationToken cancellationToken)
    {
        List<long> own = [];
        var lines = rows.Lines();
        for (long row = 0; lines.TryRead(out var line); row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (benchmark.Takes(RowOf(benchmark, row, line.ToArray())))
            {
                own.Add(row);
            }
        }

        return own;
    }

    private static Dictionary<long, Question> Read(Benchmark benchmark, DatasetRows rows, HashSet<long> wanted, CancellationToken cancellationToken)
    {
        Dictionary<long, Question> questions = [];
        var lines = rows.Lines();
        for (long row = 0; questions.Count < wanted.Count && lines.TryRead(out var line); row++)
        {
            if (wanted.Contains(row))
            {
                cancellationToken.ThrowIfCancellationRequested();
                questions.Add(row, benchmark.Read(RowOf(benchmark, row, line.ToArray())));
            }
        }

        return questions.Count == wanted.Count ? questions : throw Problems.DatasetUnusable(benchmark.Name, rows.ArtifactId, $"It announces {rows.Meta.Rows} rows and holds fewer.");
    }

    /// <summary>A record, or a row of text as the record <c>{"text": …}</c>; a dialogue has the one column 'messages', so that a refusal says so.</summary>
    private static Row RowOf(Benchmark benchmark, long number, byte[] line)
    {
        var stored = DatasetRows.Parse(line);
        if (stored.Record is { ValueKind: JsonValueKind.Object } record)
        {
            return new Row(benchmark.Name, number, record);
        }

        return new Row(benchmark.Name, number, JsonSerializer.SerializeToElement(stored.Text is { } text
            ? new Dictionary<string, object> { ["text"] = text }
            : new Dictionary<string, object> { ["messages"] = (stored.Chat?.Messages ?? []).Select(message => message.Role) }));
    }
}
