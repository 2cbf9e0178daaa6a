using System.Text.Json;
using System.Text.RegularExpressions;
using InternPlatform.Artifacts;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Deployment.Replicas;
using InternPlatform.Jobs;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Deployment;

/// <summary><c>POST /api/deployment/deployments</c>: serves a model under a name. It answers at once; the model loads meanwhile.</summary>
internal static partial class Deploy
{
    private const int MaxAdapters = 32;
    private const string Route = "POST /deployments";

    public static void Map(IEndpointRouteBuilder deployment) => deployment.MapPost("/deployments", HandleAsync);

    public static async Task<Results<Accepted<DeploymentView>, ProblemHttpResult>> HandleAsync(
        CreateDeployment body, [FromHeader(Name = IdempotencyKeys.Header)] string? idempotencyKey, Caller caller, DeploymentDb db,
        IArtifactStore artifacts, ReplicaSupervisor replicas, TimeProvider time, CancellationToken cancellationToken)
    {
        if (idempotencyKey is not null && !IdempotencyKeys.IsUsable(idempotencyKey))
        {
            return Problems.InvalidIdempotencyKey();
        }

        var request = idempotencyKey is null ? null : IdempotentRequest.Of(caller, Route, idempotencyKey, body);
        if (request is not null && await AnswerAgainAsync(request, db, replicas, time, cancellationToken) is { } earlier)
        {
            return earlier;
        }

        if (!NamePattern().IsMatch(body.Name) || Guid.TryParse(body.Name, out _))
        {
            return Problems.InvalidName(body.Name);
        }

        if (ReplicaRun.CacheFormatOf(body.CacheBits) is null)
        {
            return Problems.InvalidCacheBits(body.CacheBits);
        }

        if (await RefusalAsync(body, artifacts, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var row = new DeploymentRow
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()),
            ProjectId = caller.ProjectId,
            Name = body.Name,
            ModelArtifactId = body.ModelArtifactId,
            CacheBits = body.CacheBits,
            DraftArtifactId = body.DraftArtifactId,
            AdaptersJson = JsonSerializer.Serialize(body.Adapters, PlatformJson.Options),
            CreatedAt = time.GetUtcNow(),
        };
        // Before the row: between the two, collection must not take what it is served from.
        foreach (var (reference, artifact) in row.Artifacts())
        {
            await artifacts.AddReferenceAsync(reference, artifact, cancellationToken);
        }

        db.Deployments.Add(row);
        DeploymentStates.Announce(db, row, time);
        if (request is not null)
        {
            db.RememberAnswer(request, row.Id, time);
        }

        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException)
        {
            // A name or a key taken in the same moment: which, the rows tell.
            db.ChangeTracker.Clear();
            foreach (var (reference, _) in row.Artifacts())
            {
                await artifacts.RemoveReferenceAsync(reference, cancellationToken);
            }

            if (request is not null && await AnswerAgainAsync(request, db, replicas, time, cancellationToken) is { } winner)
            {
                return winner;
            }

            if (await db.Deployments.AnyAsync(other => other.Name == row.Name, cancellationToken))
            {
                return Problems.NameTaken(row.Name);
            }

            throw;
        }

        replicas.Start(row);
        return Accepted(row, replicas);
    }

    private static async Task<Results<Accepted<DeploymentView>, ProblemHttpResult>?> AnswerAgainAsync(
        IdempotentRequest request, DeploymentDb db, ReplicaSupervisor replicas, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await db.FindAnswerAsync(request, time, cancellationToken) is not var (id, sameBody))
        {
            return null;
        }

        return !sameBody ? Problems.KeyReused()
            : await db.Deployments.AsNoTracking().SingleOrDefaultAsync(row => row.Id == id, cancellationToken) is { } row ? Accepted(row, replicas)
            : Problems.NoSuchDeployment(id.ToString());
    }

    private static async Task<ProblemHttpResult?> RefusalAsync(CreateDeployment body, IArtifactStore artifacts, CancellationToken cancellationToken)
    {
        if (await WrongAsync(artifacts, body.ModelArtifactId, "model", "modelArtifactId", cancellationToken) is { } model)
        {
            return model;
        }

        if (body.DraftArtifactId is { } draft && await WrongAsync(artifacts, draft, "model", "draftArtifactId", cancellationToken) is { } noDraft)
        {
            return noDraft;
        }

        if (body.Adapters.Count > MaxAdapters || body.Adapters.Any(adapter => adapter is null || !NamePattern().IsMatch(adapter.Name))
            || body.Adapters.DistinctBy(adapter => adapter.Name).Count() < body.Adapters.Count)
        {
            return Problems.InvalidAdapters(MaxAdapters);
        }

        foreach (var (index, adapter) in body.Adapters.Index())
        {
            if (await WrongAsync(artifacts, adapter.ArtifactId, "adapter", $"adapters[{index}].artifactId", cancellationToken) is { } noAdapter)
            {
                return noAdapter;
            }
        }

        return null;
    }

    private static async Task<ProblemHttpResult?> WrongAsync(IArtifactStore artifacts, string artifactId, string kind, string field, CancellationToken cancellationToken)
    {
        if (!DigestPattern().IsMatch(artifactId))
        {
            return Problems.NoSuchArtifact(artifactId, field);
        }

        try
        {
            var manifest = await artifacts.ReadManifestAsync(artifactId, cancellationToken);
            return manifest.Kind == kind ? null : Problems.WrongKind(kind, manifest.Kind, field);
        }
        catch (Exception e) when (e is ArtifactNotFoundException or InvalidManifestException)
        {
            return Problems.NoSuchArtifact(artifactId, field);
        }
    }

    private static Accepted<DeploymentView> Accepted(DeploymentRow row, ReplicaSupervisor replicas) =>
        TypedResults.Accepted($"/api/{DeploymentService.Name}/deployments/{row.Id}", ReadDeployments.View(row, replicas));

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex DigestPattern();
}
