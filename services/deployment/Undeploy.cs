using InternPlatform.Artifacts;
using InternPlatform.Contracts.Deployment;
using InternPlatform.Deployment.Replicas;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Deployment;

/// <summary><c>DELETE /api/deployment/deployments/{deployment}</c>: the name is free again, its replica ends.</summary>
internal static class Undeploy
{
    private const int Attempts = 5;

    public static void Map(IEndpointRouteBuilder deployment) => deployment.MapDelete("/deployments/{deployment}", HandleAsync);

    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        string deployment, DeploymentDb db, IArtifactStore artifacts, ReplicaSupervisor replicas, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var attempt = 1; await db.OneAsync(deployment, cancellationToken) is { } row; attempt++)
        {
            row.State = DeploymentState.Stopped;
            row.Version++;
            DeploymentStates.Announce(db, row, time, isDeleted: true);
            db.Deployments.Remove(row);
            try
            {
                await db.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateConcurrencyException) when (attempt < Attempts)
            {
                // The supervisor wrote a new state in between.
                db.ChangeTracker.Clear();
                continue;
            }

            await replicas.RemoveAsync(row.Id);
            foreach (var (reference, _) in row.Artifacts())
            {
                await artifacts.RemoveReferenceAsync(reference, cancellationToken);
            }

            return TypedResults.NoContent();
        }

        return Problems.NoSuchDeployment(deployment);
    }
}
