using System.Text.Json;
using InternPlatform.Agents.Tools;
using InternPlatform.Contracts.Agents;
using InternPlatform.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace InternPlatform.Services.Tests.Agents;

/// <summary>
/// The host dies within each model call, before and after the model has answered, and within each tool call. All else a run does is one transaction after the
/// other, decided by what is stored, so there are no other points to die at.
/// </summary>
public sealed class KilledRunTests
{
    private const string Whole = "1 model ok; 2 tool-call(1) ok; 3 model ok; 4 tool-call(3) ok; 5 model ok; 6 answer(5) ok";

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public async Task A_run_goes_on_after_its_host_died_within_a_model_call(int call, bool afterTheWork)
    {
        await using var models = await FakeModels.StartAsync();
        models.Say = Counter;
        using var folder = new TemporaryFolder();
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        models.Interrupt = async (number, after, gone) =>
        {
            if (number != call || after != afterTheWork)
            {
                return false;
            }

            reached.TrySetResult();
            await Task.WhenAny(Task.Delay(Timeout.Infinite, gone));
            return true;
        };
        var id = await StartAndDieAsync(folder.Path, models, reached.Task);
        await AssertGoesOnAsync(folder.Path, models, id);
        Assert.Equal(4, models.Asked.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_run_goes_on_after_its_host_died_within_a_tool_call(int call)
    {
        await using var models = await FakeModels.StartAsync();
        models.Say = Counter;
        using var folder = new TemporaryFolder();
        var tool = new SlowTool(call);
        var id = await StartAndDieAsync(folder.Path, models, tool.Reached.Task, tool);
        await AssertGoesOnAsync(folder.Path, models, id, new SlowTool(0));
        Assert.Equal(3, models.Asked.Count);
    }

    /// <summary>A model that calls the tool twice, with what it was told before, and then says what it was told.</summary>
    private static System.Text.Json.Nodes.JsonObject Counter(JsonElement body)
    {
        var told = body.GetProperty("messages").EnumerateArray().Where(message => message.GetProperty("role").GetString() == "tool").Select(message => message.GetProperty("content").GetString()!).ToList();
        return told.Count < 2 ? FakeModels.Call("calculator", $$"""{"a": {{(told.Count == 0 ? "20" : told[0])}}, "b": 1, "op": "add"}""") : FakeModels.Text(told[1]);
    }

    private static async Task<Guid> StartAndDieAsync(string data, FakeModels models, Task reached, SlowTool? tool = null)
    {
        await using var host = await AgentsHost.StartAsync(data, models, change: services => Use(services, tool));
        await host.CreateAsync(new() { Name = "adder", Model = FakeModels.Model });
        var run = await host.AskAsync("adder", "Count.");
        await reached.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        return run.Id;
    }

    private static async Task AssertGoesOnAsync(string data, FakeModels models, Guid id, SlowTool? tool = null)
    {
        await using var host = await AgentsHost.StartAsync(data, models, change: services => Use(services, tool));
        var run = await host.EndAsync(id);
        Assert.Equal((AgentRunState.Succeeded, "22", Whole), (run.State, run.Answer, AgentsHost.Steps(run)));
    }

    private static void Use(IServiceCollection services, SlowTool? tool)
    {
        if (tool is not null)
        {
            services.Remove(services.Single(service => service.ImplementationType == typeof(Calculator)));
            services.AddSingleton<IAgentTool>(tool);
        }
    }

    /// <summary>The calculator, which at one call never comes back.</summary>
    private sealed class SlowTool(int stuckAt) : IAgentTool
    {
        private readonly Calculator calculator = new();
        private int calls;

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Name => calculator.Name;

        public string Description => calculator.Description;

        public bool IsDescribedToModels => false;

        public JsonElement Parameters => calculator.Parameters;

        public async Task<string> CallAsync(JsonElement arguments, ToolSetting setting, CancellationToken cancellationToken)
        {
            if (++calls == stuckAt)
            {
                Reached.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return await calculator.CallAsync(arguments, setting, cancellationToken);
        }
    }
}
