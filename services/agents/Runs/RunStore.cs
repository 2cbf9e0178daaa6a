using InternPlatform.Contracts.Catalog;
using InternPlatform.Jobs;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Agents.Runs;

/// <summary>Loads and saves runs; every change gets a number, which the steps it touched carry, and changes of a run's state are told to the others.</summary>
internal sealed class RunStore(AgentsDb db, Outbox<AgentsDb> outbox, RunWatch watch)
{
    private const int LongestName = 80;

    public Task<AgentRunRow?> LoadAsync(Guid runId, CancellationToken cancellationToken) =>
        db.Runs.Include(run => run.Agent).Include(run => run.Steps.OrderBy(step => step.Number)).SingleOrDefaultAsync(run => run.Id == runId, cancellationToken);

    public async Task SaveAsync(AgentRunRow run, CancellationToken cancellationToken)
    {
        var tell = db.Entry(run).State == EntityState.Added || db.Entry(run).Property(row => row.State).IsModified;
        run.Sequence++;
        run.Version = Guid.CreateVersion7();
        foreach (var step in db.ChangeTracker.Entries<AgentStepRow>().Where(step => step.State is EntityState.Added or EntityState.Modified))
        {
            step.Entity.Sequence = run.Sequence;
        }

        if (tell)
        {
            outbox.Add(Message(run, deleted: false));
        }

        await db.SaveChangesAsync(cancellationToken);
        watch.Changed(run.Id);
    }

    public static ObjectChanged Message(AgentRunRow run, bool deleted) => new()
    {
        Service = AgentsService.Name,
        Kind = "agent-run",
        ObjectId = run.Id,
        ProjectId = run.ProjectId,
        Name = run.Question.Length > LongestName ? $"{run.Question[..LongestName]}…" : run.Question,
        State = System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(run.State.ToString()),
        Path = $"/agents/{run.AgentId}/runs/{run.Id}",
        Version = deleted ? run.Sequence + 1 : run.Sequence,
        Deleted = deleted,
    };
}
