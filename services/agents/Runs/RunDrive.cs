using InternPlatform.Agents.Tools;
using InternPlatform.Contracts.Agents;
using InternPlatform.Contracts.Jobs;
using Microsoft.Extensions.Options;

namespace InternPlatform.Agents.Runs;

// What must stay true, so that a process may die between any two lines:
// 1. A model call and a tool call are stored as running before they are made, and again with what came of them. Whoever finds one running makes it again:
//    a model is asked the same with the same seed and temperature 0, and tools are pure, so nothing happens twice.
// 2. What comes next follows from the stored steps alone.
// 3. The row's version is a concurrency token: of two engines one wins, and the other reads again.

/// <summary>Takes one run to its end.</summary>
internal sealed partial class RunDrive(
    RunStore store, AgentModels models, ToolRegistry tools, TimeProvider time, IOptions<AgentsOptions> options, ILogger<RunDrive> logger)
{
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(10);

    public async Task GoOnAsync(Guid runId, CancellationToken cancellationToken)
    {
        var run = await store.LoadAsync(runId, cancellationToken);
        while (run is { State: AgentRunState.Running })
        {
            await MoveAsync(run, cancellationToken);
        }
    }

    private Task MoveAsync(AgentRunRow run, CancellationToken cancellationToken)
    {
        var open = run.Steps.Find(step => step.Status == StepStatus.Running);
        if (run.CancelRequested)
        {
            open?.Status = StepStatus.Cancelled;
            return EndAsync(run, AgentRunState.Cancelled, cancellationToken);
        }

        var trail = new RunTrail(run.Agent, run.Question, run.Steps, [.. run.Agent.Tools.Select(tools.Find).OfType<IAgentTool>()]);
        return open switch
        {
            { Kind: StepKind.Model } => AskAsync(run, trail, open, cancellationToken),
            { } call => CallAsync(run, call, cancellationToken),
            null => NextAsync(run, Strategies.Get(run.Agent.Strategy).Next(trail), cancellationToken),
        };
    }

    private Task NextAsync(AgentRunRow run, Move move, CancellationToken cancellationToken)
    {
        switch (move)
        {
            case Move.Succeed succeed:
                run.Answer = succeed.Answer;
                return EndAsync(run, AgentRunState.Succeeded, cancellationToken);
            case Move.Fail fail:
                run.Problem = fail.Problem;
                return EndAsync(run, AgentRunState.Failed, cancellationToken);
            default:
                run.Steps.Add(Step(run, move as Move.Add ?? new Move.Add(StepKind.Model, StepStatus.Running, Parent: null)));
                return store.SaveAsync(run, cancellationToken);
        }
    }

    private AgentStepRow Step(AgentRunRow run, Move.Add add) => new()
    {
        RunId = run.Id,
        ProjectId = run.ProjectId,
        Number = run.Steps.Count + 1,
        Parent = add.Parent,
        Kind = add.Kind,
        Status = add.Status,
        Text = add.Text,
        Tool = add.Tool,
        ArgumentsJson = add.ArgumentsJson,
        Problem = add.Problem,
        At = time.GetUtcNow(),
    };

    private async Task AskAsync(AgentRunRow run, RunTrail trail, AgentStepRow step, CancellationToken cancellationToken)
    {
        // The open step is the question itself and no part of what is asked.
        var request = Strategies.Get(run.Agent.Strategy).Request(trail with { Steps = [.. run.Steps.Where(other => other != step)] });
        (request["model"], request["temperature"], request["seed"], request["max_tokens"]) = (run.Agent.Model, 0, run.Seed, options.Value.MaxAnswerTokens);
        var begun = time.GetTimestamp();
        var backoff = options.Value.Backoff;
        while (true)
        {
            var asked = time.GetTimestamp();
            var answer = await models.AskAsync(run.Originator, request, cancellationToken);
            if (answer.Value is { } reply)
            {
                (step.Reply, step.Text, step.PromptTokens, step.CompletionTokens) = (reply, reply.Content, reply.PromptTokens, reply.CompletionTokens);
                (step.Status, step.Problem, step.Milliseconds) = (StepStatus.Ok, null, time.GetElapsedTime(asked).TotalMilliseconds);
                await store.SaveAsync(run, cancellationToken);
                return;
            }

            if (answer.Refusal is { } refusal)
            {
                await FailAsync(run, step, refusal, RunProblems.ModelRefused(run.Agent.Model, refusal), cancellationToken);
                return;
            }

            if (time.GetElapsedTime(begun) > options.Value.Patience)
            {
                await FailAsync(run, step, answer.Away!, RunProblems.ModelAway(run.Agent.Model, answer.Away!, options.Value.Patience), cancellationToken);
                return;
            }

            if (step.Problem is null)
            {
                step.Problem = answer.Away;
                await store.SaveAsync(run, cancellationToken);
            }

            await Task.Delay(backoff, time, cancellationToken);
            backoff = backoff * 2 < LongestBackoff ? backoff * 2 : LongestBackoff;
        }
    }

    private async Task CallAsync(AgentRunRow run, AgentStepRow step, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        try
        {
            step.Result = await CallAsync(run, step.Tool!, step.ArgumentsJson!, cancellationToken);
            step.Status = StepStatus.Ok;
        }
        catch (ToolFailedException e)
        {
            (step.Status, step.Problem) = (StepStatus.ToolFailed, e.Message);
        }
#pragma warning disable CA1031 // a tool's mistake, whatever it is, is the step's result and never the run's engine's
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            Log.ToolThrew(logger, step.Tool!, run.Id, e);
            (step.Status, step.Problem) = (StepStatus.ToolFailed, $"The tool '{step.Tool}' ended by an unexpected error; the log has it under run {run.Id}.");
        }

        step.Milliseconds = time.GetElapsedTime(begun).TotalMilliseconds;
        await store.SaveAsync(run, cancellationToken);
    }

    private async Task<string> CallAsync(AgentRunRow run, string name, string argumentsJson, CancellationToken cancellationToken)
    {
        var tool = tools.Find(name) ?? throw new ToolFailedException($"The tool '{name}' is not part of this installation any more.");
        var invalid = ArgumentSchema.Check(tool.Parameters, argumentsJson, out var arguments);
        if (invalid is not null)
        {
            throw new ToolFailedException(invalid);
        }

        using var limit = new CancellationTokenSource(options.Value.ToolTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await tool.CallAsync(arguments, new ToolSetting(run.Agent.DatasetArtifactId), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ToolFailedException($"The tool '{name}' took longer than {options.Value.ToolTimeout.TotalSeconds:F0} seconds.");
        }
    }

    private Task FailAsync(AgentRunRow run, AgentStepRow step, string reason, JobProblem problem, CancellationToken cancellationToken)
    {
        (step.Status, step.Problem) = (StepStatus.Failed, reason);
        run.Problem = problem;
        return EndAsync(run, AgentRunState.Failed, cancellationToken);
    }

    private Task EndAsync(AgentRunRow run, AgentRunState state, CancellationToken cancellationToken)
    {
        (run.State, run.EndedAt) = (state, time.GetUtcNow());
        return store.SaveAsync(run, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The tool {ToolName} threw in run {RunId}")]
        public static partial void ToolThrew(ILogger logger, string toolName, Guid runId, Exception exception);
    }
}
