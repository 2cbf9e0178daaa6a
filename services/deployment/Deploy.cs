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

        var row = new DeploymentRow
        {
            Id = Guid.CreateVersion7(time.GetUtcNow()),
            ProjectId = caller.ProjectId,
            Name = body.Name,
            ModelArtifactId = body.ModelArtifactId,
            CacheBits = body.CacheBits,
            CreatedAt = time.GetUtcNow(),
        };
        if (await KeepArtifactAsync(row, artifacts, cancellationToken) is { } refusal)
        {
            return refusal;
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
            await artifacts.RemoveReferenceAsync(DeploymentStates.Reference(row.Id), cancellationToken);
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

    /// <summary>The reference is written before the row: between the two, collection must not take the model.</summary>
    private static async Task<ProblemHttpResult?> KeepArtifactAsync(DeploymentRow row, IArtifactStore artifacts, CancellationToken cancellationToken)
    {
        if (!DigestPattern().IsMatch(row.ModelArtifactId))
        {
            return Problems.NoSuchArtifact(row.ModelArtifactId);
        }

        try
        {
            var manifest = await artifacts.ReadManifestAsync(row.ModelArtifactId, cancellationToken);
            if (manifest.Kind != "model")
            {
                return Problems.NotAModel(manifest.Kind);
            }

            await artifacts.AddReferenceAsync(DeploymentStates.Reference(row.Id), row.ModelArtifactId, cancellationToken);
            return null;
        }
        catch (Exception e) when (e is ArtifactNotFoundException or InvalidManifestException)
        {
            return Problems.NoSuchArtifact(row.ModelArtifactId);
        }
    }

    private static Accepted<DeploymentView> Accepted(DeploymentRow row, ReplicaSupervisor replicas) =>
        TypedResults.Accepted($"/api/{DeploymentService.Name}/deployments/{row.Id}", ReadDeployments.View(row, replicas));

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex DigestPattern();
}
