using System.Text;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Datasets;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using InternPlatform.Tokenization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InternPlatform.Finetuning;

/// <summary><c>POST /api/finetuning/preview</c>: rows of a data set as the tokens that a tuning would read, and which of them it would learn. Changes nothing.</summary>
internal static class PreviewTokens
{
    private const int MostTokens = 4096;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void Map(IEndpointRouteBuilder finetuning) => finetuning.MapPost("/preview", HandleAsync).RequireScope(Scopes.Read);

    public static async Task<Results<Ok<TokensPreview>, ProblemHttpResult>> HandleAsync(
        Contracts.Finetuning.PreviewTokens request, IArtifactStore store, PreviewModels models, CancellationToken cancellationToken)
    {
        if (SftSpecRules.Refuse(request) is { } refused)
        {
            return refused;
        }

        try
        {
            var (tokenizer, shape) = await models.OfAsync(store, request.BaseModelArtifactId, cancellationToken);
            var template = ChatTemplate.Get(request.ChatTemplate);
            if (!template.Fits(tokenizer))
            {
                return Problems.CannotShow(Problems.TemplateUnfit(template, tokenizer));
            }

            var shown = await ReadAsync(request, store, new DialogueEncoder(template, tokenizer, request.SequenceLength), tokenizer, cancellationToken);
            return TypedResults.Ok(shown with { Base = shape });
        }
        catch (JobFailedException refusal)
        {
            return Problems.CannotShow(refusal);
        }
        catch (Exception e) when (e is NotADatasetException or ArtifactNotFoundException or InvalidManifestException or CorruptArtifactException)
        {
            return Problems.CannotShow(Problems.InputUnusable("data set", request.DatasetArtifactId, e.Message));
        }
    }

    private static async Task<TokensPreview> ReadAsync(
        Contracts.Finetuning.PreviewTokens request, IArtifactStore store, DialogueEncoder encoder, Tokenizer tokenizer, CancellationToken cancellationToken)
    {
        using var dataset = await DatasetRows.OpenAsync(store, request.DatasetArtifactId, cancellationToken);
        if (request.Row >= dataset.Meta.Rows)
        {
            return new TokensPreview { Dialogues = [], Total = dataset.Meta.Rows };
        }

        await using var index = await store.OpenFileAsync(request.DatasetArtifactId, DatasetFiles.Index, cancellationToken);
        var (offset, skip) = (await RowIndex.ReadAsync(index, cancellationToken)).Find(request.Row);
        await using var rows = await store.OpenFileAsync(request.DatasetArtifactId, DatasetFiles.Rows, cancellationToken);
        rows.Position = offset;
        var lines = new LineReader(rows, DatasetRows.LongestRow);
        var shown = new List<DialogueTokens>();
        while (shown.Count < request.Rows && lines.TryRead(out var line))
        {
            if (skip-- <= 0)
            {
                shown.Add(Show(request.Row + shown.Count, line.ToArray(), encoder, tokenizer, request.SequenceLength));
            }
        }

        return new TokensPreview { Dialogues = shown, Total = dataset.Meta.Rows };
    }

    private static DialogueTokens Show(long row, byte[] line, DialogueEncoder encoder, Tokenizer tokenizer, int sequenceLength)
    {
        try
        {
            var encoded = encoder.Encode(DatasetRows.Parse(line));
            var isUsed = encoded.Fate == RowFate.Used;
            return new DialogueTokens
            {
                Row = row,
                Problem = Reason(encoded.Fate, sequenceLength),
                Scored = isUsed ? Enumerable.Range(0, encoded.Ids.Length).Count(at => encoded.IsScored(at, sequenceLength)) : 0,
                Tokens =
                [
                    .. encoded.Ids.Take(MostTokens).Select((id, at) => new PreviewToken
                    {
                        Id = Math.Abs(id),
                        Text = TextOf(tokenizer.TokenBytes(Math.Abs(id))),
                        IsScored = isUsed && encoded.IsScored(at, sequenceLength),
                        IsCut = at >= sequenceLength,
                    }),
                ],
            };
        }
        catch (Exception e) when (e is ChatTemplateException or RejectedRowException)
        {
            return new DialogueTokens { Row = row, Tokens = [], Problem = e.Message, Scored = 0 };
        }
    }

    private static string? Reason(RowFate fate, int sequenceLength) => fate switch
    {
        RowFate.NotDialogue => "It is no dialogue: there is no answer to learn.",
        RowFate.WithoutAnswer => "It has no assistant's turn, or an empty one.",
        RowFate.CutAway => $"All of its answers lie behind the first {sequenceLength} tokens.",
        _ => null,
    };

    /// <summary>A token that is a part of a character shows its bytes.</summary>
    private static string TextOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            var text = new StringBuilder();
            foreach (var one in bytes)
            {
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"<0x{one:X2}>");
            }

            return text.ToString();
        }
    }
}
