using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Pretraining;
using InternPlatform.Jobs;

namespace InternPlatform.Pretraining;

/// <summary>Tells catalog of a new model, in the transaction that marks the job as succeeded.</summary>
internal static class ModelProduced
{
    public static ValueTask Announce(JobCompletion<PretrainingDb, PretrainSpec, PretrainResult> done, CancellationToken cancellationToken)
    {
        var (spec, result) = (done.Spec, done.Result);
        done.Outbox.Add(new ArtifactProduced
        {
            ArtifactId = result.ModelArtifactId,
            Kind = "model",
            Name = spec.Name,
            Service = PretrainingService.Name,
            JobId = done.Job.Id,
            ProjectId = done.Job.ProjectId,
            Inputs = [spec.ShardsArtifactId, spec.TokenizerArtifactId],
            Figures = new Dictionary<string, double>
            {
                ["validationLoss"] = result.ValidationLoss,
                ["validationPerplexity"] = result.ValidationPerplexity,
                ["unigramPerplexity"] = result.UnigramPerplexity,
                ["bigramPerplexity"] = result.BigramPerplexity,
                ["tokens"] = result.Tokens,
                ["parameters"] = result.Parameters,
            },
        });
        return ValueTask.CompletedTask;
    }
}
