using InternPlatform.Contracts.Pipelines;

namespace InternPlatform.AppHost.Tour;

/// <summary>Watches a run until it ends, and prints a line for each stage that moved.</summary>
internal static class TourProgress
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A stage that runs prints this often at most.</summary>
    private static readonly TimeSpan LinePeriod = TimeSpan.FromSeconds(5);

    public static async Task<PipelineRunView> FollowAsync(TourSession platform, PipelineRunView run, CancellationToken cancellationToken)
    {
        var printed = new Dictionary<string, (StepState State, long At)>();
        while (true)
        {
            foreach (var step in run.Steps)
            {
                Print(step, printed);
            }

            if (run.State != PipelineState.Running)
            {
                return run;
            }

            await Task.Delay(Period, cancellationToken);
            using var response = await platform.GetAsync($"api/pipelines/runs/{run.Id}", cancellationToken);
            run = await platform.ReadAsync<PipelineRunView>(response, "pipeline", cancellationToken);
        }
    }

    private static void Print(PipelineStepView step, Dictionary<string, (StepState State, long At)> printed)
    {
        var known = printed.TryGetValue(step.Name, out var last);
        var moved = known ? last.State != step.State : step.State != StepState.Waiting;
        var due = known && step is { State: StepState.Running, Progress: not null } && TimeProvider.System.GetElapsedTime(last.At) >= LinePeriod;
        if (moved || due)
        {
            Console.WriteLine(TourLines.Of(step));
            printed[step.Name] = (step.State, TimeProvider.System.GetTimestamp());
        }
    }
}
