using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Plans;

namespace InternPlatform.Pipelines.Engine;

/// <summary>Makes steps ready to be done again: after a failure, or because a gate sent the run back.</summary>
internal sealed class StepAgain(StepCalls calls)
{
    /// <summary>
    /// Removes what the steps left behind that the next attempt would trip over. Before the run is saved: a process that dies in between finds the
    /// steps as they were, and clearing twice is clearing.
    /// </summary>
    /// <returns>Why it could not be done; null where it is.</returns>
    public async Task<string?> ClearAsync(PipelineRunRow run, IEnumerable<StepRow> rows, CancellationToken cancellationToken)
    {
        var plan = PipelinePlans.Get(run.Plan).Steps(run.Input);
        foreach (var row in rows)
        {
            if (plan.Single(step => step.Name == row.Name) is CallStep { ClearBeforeRetry: true, Cancel: not null } step && row.StartedId is { } id
                && (await calls.CancelAsync(step, run, id, cancellationToken)).Away is { } away)
            {
                return away;
            }
        }

        return null;
    }

    /// <summary>A new attempt: its key is a new one, so that it is not answered with the attempt before.</summary>
    public static void Reset(StepRow step)
    {
        step.State = StepState.Waiting;
        step.Attempt++;
        (step.StartedId, step.StartedAt, step.EndedAt, step.AwaySince) = (null, null, null, null);
        (step.ProgressJson, step.ProblemJson, step.ResultJson, step.Summary, step.Path) = (null, null, null, null, null);
    }
}
