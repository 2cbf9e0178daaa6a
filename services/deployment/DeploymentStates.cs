using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Deployment;

/// <summary>Changes of a deployment's row and the message that follows them, in one transaction.</summary>
internal sealed class DeploymentStates(IServiceScopeFactory scopes, TimeProvider time)
{
    /// <summary>Adds the message that tells of the row's present state.</summary>
    public static void Announce(DeploymentDb db, DeploymentRow row, TimeProvider time, bool isDeleted = false) => new Outbox<DeploymentDb>(db, time).Add(new ObjectChanged
    {
        Service = DeploymentService.Name,
        Kind = "deployment",
        ObjectId = row.Id,
        ProjectId = row.ProjectId,
        Name = row.Name,
        State = row.State.ToString().ToLowerInvariant(),
        Path = "/serve",
        Version = row.Version,
        Deleted = isDeleted,
    });

    /// <summary>Rows of all projects.</summary>
    public async Task<List<DeploymentRow>> AllAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<DeploymentDb>().Deployments.AsNoTracking().ToListAsync(cancellationToken);
    }

    /// <returns>False: the deployment was deleted meanwhile.</returns>
    public async Task<bool> ChangeAsync(Guid deploymentId, Action<DeploymentRow> change, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<DeploymentDb>();
        if (await db.Deployments.SingleOrDefaultAsync(row => row.Id == deploymentId, cancellationToken) is not { } row)
        {
            return false;
        }

        change(row);
        row.Version++;
        Announce(db, row, time);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateConcurrencyException)
        {
            return false;
        }
    }
}
