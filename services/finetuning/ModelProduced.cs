using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Jobs;

namespace InternPlatform.Finetuning;

/// <summary>Tells catalog of the adapter and the merged model, in the transaction that marks the job as succeeded.</summary>
internal static class ModelProduced
{
    public static ValueTask Announce(JobCompletion<FinetuningDb, SftSpec, SftResult> done, CancellationToken cancellationToken)
    {
        var (spec, result) = (done.Spec, done.Result);
        string[] inputs = [spec.BaseModelArtifactId, .. spec.DatasetArtifactIds];
        if (result.AdapterArtifactId is { } adapter)
        {
            done.Outbox.Add(Produced(done, adapter, "adapter", inputs));
            inputs = [.. inputs, adapter];
        }

        done.Outbox.Add(Produced(done, result.ModelArtifactId, "model", inputs));
        return ValueTask.CompletedTask;
    }

    private static ArtifactProduced Produced(JobCompletion<FinetuningDb, SftSpec, SftResult> done, string artifactId, string kind, string[] inputs)
    {
        var result = done.Result;
        return new ArtifactProduced
        {
            ArtifactId = artifactId,
            Kind = kind,
            Name = done.Spec.Name,
            Service = FinetuningService.Name,
            JobId = done.Job.Id,
            ProjectId = done.Job.ProjectId,
            Inputs = inputs,
            Figures = new Dictionary<string, double>
            {
                ["validationLoss"] = result.ValidationLossAfter,
                ["validationLossBefore"] = result.ValidationLossBefore,
                ["tokens"] = result.Tokens,
                ["scoredTokens"] = result.ScoredTokens,
                ["parameters"] = result.Parameters,
                ["trainableParameters"] = result.TrainableParameters,
            },
        };
    }
}
