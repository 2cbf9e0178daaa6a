using System.Text.Json;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Contracts.Pipelines;
using InternPlatform.Pipelines.Plans;
using Microsoft.Extensions.Options;

namespace InternPlatform.Pipelines.Engine;

// What must stay true, so that a process may die between any two lines:
// 1. A step is saved as Running before its call, and the post carries a key made of run, step and attempt. Whoever finds a
//    Running step without an id posts again under the same key and is told the first answer: nothing is started twice.
// 2. A step is Succeeded only together with its result, which is all that later steps build on.
// 3. The row's version is a concurrency token: of two engines one wins, and the other reads again.

/// <summary>Takes one run as far as it can go now.</summary>
internal sealed class RunAdvance(RunStore store, StepCalls calls, StepAgain again, TimeProvider time, IOptions<PipelinesOptions> options)
{
    public async Task GoOnAsync(Guid runId, CancellationToken cancellationToken)
    {
        var run = await store.LoadAsync(runId, cancellationToken);
        while (run is { State: PipelineState.Running } && await MoveAsync(run, cancellationToken))
        {
        }
    }

    /// <returns>Whether there may be more to do at once.</returns>
    private async Task<bool> MoveAsync(PipelineRunRow run, CancellationToken cancellationToken)
    {
        var row = run.Ordered.FirstOrDefault(step => step.State != StepState.Succeeded);
        if (row is null)
        {
            return await EndAsync(run, PipelineState.Succeeded, cancellationToken);
        }

        var step = PipelinePlans.Get(run.Plan).Steps(run.Input).Single(step => step.Name == row.Name);
        return row.State switch
        {
            StepState.Failed => await EndAsync(run, PipelineState.Failed, cancellationToken),
            StepState.Cancelled => await EndAsync(run, PipelineState.Cancelled, cancellationToken),
            StepState.Waiting => await BeginAsync(run, row, cancellationToken),
            _ when step is GateStep gate => await DecideAsync(run, row, gate, cancellationToken),
            _ when step is CallStep call && row.StartedId is { } id => await FollowAsync(run, row, call, id, cancellationToken),
            _ => await PostAsync(run, row, (CallStep)step, cancellationToken),
        };
    }

    private async Task<bool> BeginAsync(PipelineRunRow run, StepRow row, CancellationToken cancellationToken)
    {
        if (run.CancelRequested)
        {
            row.State = StepState.Cancelled;
        }
        else
        {
            row.State = StepState.Running;
            row.StartedAt = time.GetUtcNow();
        }

        await store.SaveAsync(run, cancellationToken);
        return true;
    }

    private async Task<bool> DecideAsync(PipelineRunRow run, StepRow row, GateStep gate, CancellationToken cancellationToken)
    {
        var found = gate.Decide(run.Facts(time.GetUtcNow()));
        if (found is { Problem: not null, BackTo: { } target } && row.Round < gate.MaxRounds)
        {
            return await GoBackAsync(run, row, target, found, cancellationToken);
        }

        (row.ResultJson, row.Summary, row.Path) = (found.Result.GetRawText(), found.Outcome.Summary, found.Outcome.Path);
        if (found.Problem is { } closed)
        {
            Fail(row, row.Round == 0 ? closed : closed with { Title = $"{closed.Title} {row.Round} more rounds did not help." });
        }
        else
        {
            (row.State, row.EndedAt) = (StepState.Succeeded, time.GetUtcNow());
        }

        await store.SaveAsync(run, cancellationToken);
        return true;
    }

    /// <summary>All steps from the target to the gate are done again, in one more round.</summary>
    private async Task<bool> GoBackAsync(PipelineRunRow run, StepRow gate, string target, GateReading found, CancellationToken cancellationToken)
    {
        var from = run.Steps.Single(step => step.Name == target).Position;
        var rows = run.Ordered.Where(step => step.Position >= from && step.Position <= gate.Position).ToList();
        if (await again.ClearAsync(run, rows, cancellationToken) is { } away)
        {
            gate.Problem = StepProblems.Waiting("deployment", away);
            await store.SaveAsync(run, cancellationToken);
            return false;
        }

        foreach (var step in rows)
        {
            StepAgain.Reset(step);
            step.Round++;
        }

        gate.Summary = found.Outcome.Summary;
        await store.SaveAsync(run, cancellationToken);
        return true;
    }

    private async Task<bool> PostAsync(PipelineRunRow run, StepRow row, CallStep step, CancellationToken cancellationToken)
    {
        if (run.CancelRequested && step.StatePath is null)
        {
            // Nothing was started that would have to be stopped.
            row.State = StepState.Cancelled;
            await store.SaveAsync(run, cancellationToken);
            return true;
        }

        var facts = run.Facts(time.GetUtcNow());
        var answer = await calls.BeginAsync(step, run, row, facts, cancellationToken);
        if (answer.Body is not { } body)
        {
            return await WithoutBodyAsync(run, row, answer, cancellationToken);
        }

        row.AwaySince = null;
        row.Problem = null;
        if (step.StatePath is not null)
        {
            row.StartedId = body.GetProperty("id").GetGuid();
        }

        Take(row, step, step.Read(body, facts));
        await store.SaveAsync(run, cancellationToken);
        return row.State != StepState.Running;
    }

    private async Task<bool> FollowAsync(PipelineRunRow run, StepRow row, CallStep step, Guid id, CancellationToken cancellationToken)
    {
        if (run.CancelRequested)
        {
            // Asked for again at each poll until the step is over: stopping twice is stopping.
            await calls.CancelAsync(step, run, id, cancellationToken);
        }

        var answer = await calls.ReadAsync(step, run, id, cancellationToken);
        if (answer.Body is not { } body)
        {
            return await WithoutBodyAsync(run, row, answer, cancellationToken);
        }

        var before = (row.State, row.ProgressJson, row.ProblemJson);
        row.AwaySince = null;
        row.Problem = null;
        Take(row, step, step.Read(body, run.Facts(time.GetUtcNow())));
        if (before != (row.State, row.ProgressJson, row.ProblemJson))
        {
            await store.SaveAsync(run, cancellationToken);
        }

        return row.State != StepState.Running;
    }

    /// <summary>A refusal ends the step; a service that is away is waited for, visibly, and not for ever.</summary>
    private async Task<bool> WithoutBodyAsync(PipelineRunRow run, StepRow row, StepAnswer answer, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (answer.Refusal is { } refusal)
        {
            Stop(run, row, refusal);
        }
        else if (now - (row.AwaySince ??= now) > options.Value.Patience)
        {
            Stop(run, row, StepProblems.ServiceAway(row.Service, answer.Away, options.Value.Patience));
        }
        else if (row.Problem is null)
        {
            row.Problem = StepProblems.Waiting(row.Service, answer.Away);
        }
        else
        {
            return false;
        }

        await store.SaveAsync(run, cancellationToken);
        return row.State != StepState.Running;
    }

    private void Take(StepRow row, CallStep step, StepReading reading)
    {
        row.Progress = reading.Progress ?? row.Progress;
        switch (reading.State)
        {
            case StepState.Succeeded:
                var result = reading.Result ?? throw new JsonException($"The step '{row.Name}' succeeded without a result.");
                var shown = step.Show(result);
                (row.ResultJson, row.Summary, row.Path) = (result.GetRawText(), shown.Summary, shown.Path);
                (row.State, row.EndedAt) = (StepState.Succeeded, time.GetUtcNow());
                break;
            case StepState.Failed:
                Fail(row, reading.Problem ?? StepProblems.Unexplained(row.Service));
                break;
            case StepState.Cancelled:
                (row.State, row.EndedAt) = (StepState.Cancelled, time.GetUtcNow());
                break;
        }
    }

    private void Stop(PipelineRunRow run, StepRow row, JobProblem problem)
    {
        Fail(row, problem);
        row.State = run.CancelRequested ? StepState.Cancelled : StepState.Failed;
    }

    private void Fail(StepRow row, JobProblem problem) => (row.State, row.Problem, row.EndedAt) = (StepState.Failed, problem, time.GetUtcNow());

    private async Task<bool> EndAsync(PipelineRunRow run, PipelineState state, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        (run.State, run.EndedAt) = (state, now);
        if (state == PipelineState.Succeeded)
        {
            run.ResultsJson = JsonSerializer.Serialize(PipelinePlans.Get(run.Plan).Results(run.Facts(now)), ServiceDefaults.PlatformJson.Options);
        }

        await store.SaveAsync(run, cancellationToken);
        return false;
    }
}
