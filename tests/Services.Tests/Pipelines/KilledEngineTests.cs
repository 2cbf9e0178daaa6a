using InternPlatform.Contracts.Pipelines;
using Xunit;

namespace InternPlatform.Services.Tests.Pipelines;

/// <summary>
/// The engine dies at each of its calls: before the call was carried out, or after it and before the answer came.
/// Whatever lies between two calls is one transaction, so there are no other points to die at.
/// </summary>
public sealed class KilledEngineTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_survives_its_engine_at_every_call(bool afterTheWork)
    {
        var point = 1;
        while (await DieAtAsync(point, afterTheWork))
        {
            point++;
        }

        // Sixteen jobs, deployments and agent runs with a post and two reads each, one agent, and one comparison.
        Assert.Equal(51, point);
    }

    /// <returns>Whether the run made that many calls.</returns>
    private static async Task<bool> DieAtAsync(int point, bool afterTheWork)
    {
        var data = Directory.CreateTempSubdirectory("pipelines-").FullName;
        await using var downstream = await DownstreamServices.StartAsync();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        downstream.Interrupt = async (call, after, callerGone) =>
        {
            if (call != point || after != afterTheWork)
            {
                return false;
            }

            // Holds the answer back until the engine is gone.
            reached.TrySetResult();
            var gone = new TaskCompletionSource();
            await using var registration = callerGone.Register(gone.SetResult);
            await gone.Task;
            return true;
        };

        Guid id;
        await using (var first = await PipelinesHost.StartAsync(data, downstream))
        {
            id = (await first.StartTourAsync()).Id;
            await Task.WhenAny(reached.Task, first.EndAsync(id));
        }

        await using (var second = await PipelinesHost.StartAsync(data, downstream))
        {
            var run = await second.EndAsync(id);
            Assert.Equal(PipelineState.Succeeded, run.State);
            Assert.Equal("ok", run.Results["agent"]);
        }

        Assert.Equal(
            ["import", "clean", "tokenizer", "tokenize", "pretrain", "import", "deployment", "evaluate", "import", "sft", "deployment", "evaluate", "quantize", "deployment", "evaluate", "agent", "agent-run"],
            downstream.Started);
        Directory.Delete(data, recursive: true);
        return reached.Task.IsCompleted;
    }
}
