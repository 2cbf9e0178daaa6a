using System.Text.Json;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;
using InternPlatform.Jobs;
using InternPlatform.Tokenization;

namespace InternPlatform.Evaluation.Asking;

/// <summary>The model that is asked: the endpoint, its artefact, and its prompts.</summary>
internal sealed record AskedModel(ModelEndpoint Endpoint, string ArtifactId, ServedModel Served, PromptFrame Frame)
{
    private const string ModelKind = "model";
    private static readonly string[] TokenizerFiles = ["tokenizer.json", "tokenizer_config.json", "config.json"];

    // Where the deployment does not say: short enough for any model.
    private const int UnknownContext = 2048;

    /// <summary>Finds the deployment and what it can do; refuses, before anything is asked, what it cannot.</summary>
    public static async Task<AskedModel> FindAsync(JobContext job, EvaluateSpec spec, IEnumerable<Benchmark> benchmarks, CancellationToken cancellationToken)
    {
        var endpoint = new ModelEndpoint(job, spec.Model);
        var (deployment, served) = await DescribeAsync(endpoint, job, cancellationToken);
        if (spec.ModelArtifactId is { } asked && asked != deployment.ModelArtifactId)
        {
            throw Problems.ModelChanged(spec.Model, asked, deployment.ModelArtifactId);
        }

        foreach (var benchmark in benchmarks)
        {
            if (served.Capabilities is { } can && benchmark.Needs.FirstOrDefault(need => !can.Contains(need)) is { } missing)
            {
                throw Problems.CapabilityMissing(spec.Model, missing, benchmark.Name);
            }
        }

        return new AskedModel(endpoint, deployment.ModelArtifactId, served, await FrameAsync(job, deployment.ModelArtifactId, served, cancellationToken));
    }

    private static async Task<(DeploymentView Deployment, ServedModel Served)> DescribeAsync(ModelEndpoint endpoint, JobContext job, CancellationToken cancellationToken)
    {
        try
        {
            return (await endpoint.DeploymentAsync(cancellationToken), await ReadyAsync(endpoint, job, cancellationToken));
        }
        catch (Exception e) when (e is QuestionRefusedException or JsonException)
        {
            throw Problems.ModelLost(endpoint.Model, $"What it says of itself cannot be read: {e.Message}");
        }
    }

    private static async Task<ServedModel> ReadyAsync(ModelEndpoint endpoint, JobContext job, CancellationToken cancellationToken)
    {
        const int mostLooks = 300;
        for (var look = 0; ; look++)
        {
            var served = await endpoint.DescribeAsync(cancellationToken);
            if (served.State is null or "ready")
            {
                return served;
            }

            if (served.State != "starting" || look == mostLooks)
            {
                throw Problems.ModelLost(endpoint.Model, $"Its state is '{served.State}'.");
            }

            if (look == 0)
            {
                job.Log($"The deployment {endpoint.Model} is starting; waiting for it.");
            }

            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }
    }

    private static async Task<PromptFrame> FrameAsync(JobContext job, string artifactId, ServedModel served, CancellationToken cancellationToken)
    {
        try
        {
            var manifest = await job.Artifacts.ReadManifestAsync(artifactId, cancellationToken);
            if (manifest.Kind != ModelKind)
            {
                throw Problems.TokenizerUnusable(artifactId, $"It is of kind '{manifest.Kind}', not a model.");
            }

            var folder = await FetchAsync(job, manifest, artifactId, cancellationToken);
            var template = served.Template is { Length: > 0 } name ? ChatTemplate.Get(name) : null;
            return new PromptFrame(Tokenizer.Load(folder), template, await BeginIdAsync(folder, cancellationToken), served.ContextLength ?? UnknownContext);
        }
        catch (Exception e) when (e is ArtifactNotFoundException or ArtifactFileNotFoundException or InvalidManifestException or InvalidTokenizerException or ChatTemplateException or JsonException)
        {
            throw Problems.TokenizerUnusable(artifactId, e.Message);
        }
    }

    /// <summary>The small files only: weights stay where they are.</summary>
    private static async Task<string> FetchAsync(JobContext job, Manifest manifest, string artifactId, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(job.WorkFolder, "tokenizer");
        Directory.CreateDirectory(folder);
        foreach (var name in TokenizerFiles.Where(name => manifest.Files.Any(file => file.Path == name)))
        {
            await using var content = await job.Artifacts.OpenFileAsync(artifactId, name, cancellationToken);
            await using var copy = File.Create(Path.Combine(folder, name));
            await content.CopyToAsync(copy, cancellationToken);
        }

        return folder;
    }

    private static async Task<int?> BeginIdAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, "config.json");
        if (!File.Exists(path))
        {
            return null;
        }

        await using var file = File.OpenRead(path);
        using var config = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken);
        return config.RootElement.TryGetProperty("bos_token_id", out var begin) && begin.ValueKind == JsonValueKind.Number ? begin.GetInt32() : null;
    }
}
