using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Pipelines.Engine;

/// <summary>Loads and saves runs; every change gets a number, and changes of a run's state are told to the others.</summary>
internal sealed class RunStore(PipelinesDb db, Outbox<PipelinesDb> outbox, RunWatch watch)
{
    public Task<PipelineRunRow?> LoadAsync(Guid runId, CancellationToken cancellationToken) =>
        db.Runs.Include(run => run.Steps).SingleOrDefaultAsync(run => run.Id == runId, cancellationToken);

    public async Task SaveAsync(PipelineRunRow run, CancellationToken cancellationToken)
    {
        var tell = db.Entry(run).State == EntityState.Added || db.Entry(run).Property(row => row.State).IsModified;
        run.Sequence++;
        run.Version = Guid.CreateVersion7();
        if (tell)
        {
            outbox.Add(ToMessage(run));
        }

        await db.SaveChangesAsync(cancellationToken);
        watch.Changed(run.Id);
    }

    private static ObjectChanged ToMessage(PipelineRunRow run) => new()
    {
        Service = PipelinesService.Name,
        Kind = "pipeline-run",
        ObjectId = run.Id,
        ProjectId = run.ProjectId,
        Name = run.Name,
        State = StateName(run.State),
        Path = $"/pipelines/{run.Id}",
        Version = run.Sequence,
    };

    private static string StateName(PipelineState state) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(state.ToString());
}
