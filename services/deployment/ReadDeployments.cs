using InternPlatform.Contracts;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Deployment.Replicas;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Deployment;

/// <summary><c>GET /api/deployment/deployments</c>: newest first. <c>GET …/{deployment}</c>: one, by id or name.</summary>
internal static class ReadDeployments
{
    public static void Map(IEndpointRouteBuilder deployment)
    {
        deployment.MapGet("/deployments", ListAsync);
        deployment.MapGet("/deployments/{deployment}", GetAsync);
    }

    public static DeploymentView View(DeploymentRow row, ReplicaSupervisor replicas)
    {
        var status = replicas.Find(row.Id)?.Status;
        return new()
        {
            Id = row.Id,
            Name = row.Name,
            ModelArtifactId = row.ModelArtifactId,
            State = row.State,
            Problem = row.Problem,
            CreatedAt = row.CreatedAt,
            ContextLength = row.ContextLength,
            Parameters = row.Parameters,
            PlannedBytes = row.PlannedBytes,
            RunningSequences = status?.Running ?? 0,
            Restarts = row.Restarts,
            WeightBits = row.WeightBits,
            Quantization = row.Quantization,
            CacheBits = row.CacheBits,
            DraftArtifactId = row.DraftArtifactId,
            Adapters = row.Adapters(),
            GuessedTokens = status?.GuessedTokens ?? 0,
            RightGuesses = status?.RightGuesses ?? 0,
        };
    }

    /// <summary>The deployment of the caller's project with this id or name.</summary>
    public static Task<DeploymentRow?> OneAsync(this DeploymentDb db, string idOrName, CancellationToken cancellationToken) => Guid.TryParse(idOrName, out var id)
        ? db.Deployments.SingleOrDefaultAsync(row => row.Id == id, cancellationToken)
        : db.Deployments.SingleOrDefaultAsync(row => row.Name == idOrName, cancellationToken);

    public static async Task<Results<Ok<Page<DeploymentView>>, ProblemHttpResult>> ListAsync(
        DeploymentDb db, ReplicaSupervisor replicas, CancellationToken cancellationToken, int limit = 50, string? cursor = null)
    {
        var before = Guid.Empty;
        if (cursor is not null && !Guid.TryParse(cursor, out before))
        {
            return Problems.BadCursor(cursor);
        }

        var size = Math.Clamp(limit, 1, 200);
        var rows = await db.Deployments.AsNoTracking().Where(row => cursor == null || row.Id.CompareTo(before) < 0)
            .OrderByDescending(row => row.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<DeploymentView>
        {
            Items = [.. rows.Take(size).Select(row => View(row, replicas))],
            NextCursor = rows.Count > size ? rows[size - 1].Id.ToString() : null,
        });
    }

    public static async Task<Results<Ok<DeploymentView>, ProblemHttpResult>> GetAsync(string deployment, DeploymentDb db, ReplicaSupervisor replicas, CancellationToken cancellationToken) =>
        await db.OneAsync(deployment, cancellationToken) is { } row ? TypedResults.Ok(View(row, replicas)) : Problems.NoSuchDeployment(deployment);
}
