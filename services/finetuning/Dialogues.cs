using InternPlatform.Artifacts;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Datasets;
using InternPlatform.Jobs;
using InternPlatform.Tokenization;
using InternPlatform.Training;

namespace InternPlatform.Finetuning;

/// <summary>The first row, from 0, of each kind that is not used.</summary>
internal sealed record FirstUnused(long? NotDialogue, long? WithoutAnswer, long? CutAway);

/// <summary>All dialogues of a tuning as tokens, and what became of every row.</summary>
internal sealed record Dialogues(IReadOnlyList<int[]> Used, SftRows Rows)
{
    private const int ReportEvery = 1000;

    /// <exception cref="JobFailedException">A data set is missing or damaged, has no answer, or has a row the template cannot write.</exception>
    public static async Task<Dialogues> ReadAsync(JobContext job, SftSpec spec, DialogueEncoder encoder, CancellationToken cancellationToken)
    {
        var used = new List<int[]>();
        var total = Count(0, 0, 0, 0, 0, 0);
        foreach (var artifactId in spec.DatasetArtifactIds)
        {
            var rows = await ReadOneAsync(job, spec, artifactId, encoder, used, cancellationToken);
            total = Count(
                total.Read + rows.Read, total.Used + rows.Used, total.NotDialogues + rows.NotDialogues,
                total.WithoutAnswer + rows.WithoutAnswer, total.Cut + rows.Cut, total.CutAway + rows.CutAway);
        }

        return used.Count < 2 ? throw Problems.TooFew(used.Count) : new Dialogues(used, total);
    }

    /// <summary>Some dialogues kept out, the rest to learn: chosen by the seed alone.</summary>
    public TuningData Split(double share, int seed)
    {
        var order = Enumerable.Range(0, Used.Count).ToArray();
        new Random(seed).Shuffle(order);
        var kept = Math.Clamp((int)Math.Round(share * order.Length), 1, order.Length - 1);
        return new([.. order.Skip(kept).Order().Select(at => Used[at])], [.. order.Take(kept).Select(at => Used[at])]);
    }

    private static async Task<SftRows> ReadOneAsync(
        JobContext job, SftSpec spec, string artifactId, DialogueEncoder encoder, List<int[]> used, CancellationToken cancellationToken)
    {
        using var dataset = await OpenAsync(job.Artifacts, artifactId, cancellationToken);
        var counts = new long[Enum.GetValues<RowFate>().Length];
        var first = new long?[counts.Length];
        long read = 0, cut = 0;
        var lines = dataset.Lines();
        while (lines.TryRead(out var line))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var row = Encode(encoder, line.ToArray(), dataset.Name, read);
            counts[(int)row.Fate]++;
            first[(int)row.Fate] ??= read;
            if (row.Fate == RowFate.Used)
            {
                cut += row.IsCut ? 1 : 0;
                used.Add(row.IsCut ? row.Ids[..spec.SequenceLength] : row.Ids);
            }

            if (++read % ReportEvery == 0)
            {
                job.Progress(read, dataset.Meta.Rows, "rows");
            }
        }

        var rows = Count(read, counts[(int)RowFate.Used], counts[(int)RowFate.NotDialogue], counts[(int)RowFate.WithoutAnswer], cut, counts[(int)RowFate.CutAway]);
        job.Log($"'{dataset.Name}': {rows.Read} rows, {rows.Used} used ({rows.Cut} cut at {spec.SequenceLength} tokens); not used: {rows.NotDialogues} no dialogues, " +
            $"{rows.WithoutAnswer} without an answer, {rows.CutAway} with their answers behind the cut.");
        return rows.Used > 0
            ? rows
            : throw Problems.NoAnswers(
                dataset.Name, rows, new(first[(int)RowFate.NotDialogue], first[(int)RowFate.WithoutAnswer], first[(int)RowFate.CutAway]), spec.SequenceLength);
    }

    private static EncodedRow Encode(DialogueEncoder encoder, byte[] line, string dataset, long row)
    {
        try
        {
            return encoder.Encode(DatasetRows.Parse(line));
        }
        catch (Exception e) when (e is ChatTemplateException or RejectedRowException)
        {
            throw Problems.RowUnfit(dataset, row, e.Message);
        }
    }

    private static async Task<DatasetRows> OpenAsync(IArtifactStore store, string artifactId, CancellationToken cancellationToken)
    {
        try
        {
            return await DatasetRows.OpenAsync(store, artifactId, cancellationToken);
        }
        catch (Exception e) when (e is NotADatasetException or ArtifactNotFoundException or InvalidManifestException)
        {
            throw Problems.InputUnusable("data set", artifactId, e.Message);
        }
    }

    private static SftRows Count(long read, long used, long notDialogues, long withoutAnswer, long cut, long cutAway) => new()
    {
        Read = read,
        Used = used,
        NotDialogues = notDialogues,
        WithoutAnswer = withoutAnswer,
        Cut = cut,
        CutAway = cutAway,
    };
}
