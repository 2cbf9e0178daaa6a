using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using InternPlatform.Contracts;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Jobs.DeadLetters;
using InternPlatform.ServiceDefaults;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.AspNetCore.Builder;

namespace InternPlatform.Jobs.Tests;

public sealed record CountSpec
{
    [Range(0, 1_000_000)]
    public int Steps { get; init; }
    public int DelayMilliseconds { get; init; }

    /// <summary><c>fail</c>, <c>crash</c>, <c>die</c> (each attempt), <c>die-once</c>, <c>hang</c>, <c>stop</c> (falls silent).</summary>
    public string? Then { get; init; }
    public string? Thing { get; init; }
}

public sealed record CountResult
{
    public required int Steps { get; init; }
    public required int Attempt { get; init; }
    public required IReadOnlyList<string> Environment { get; init; }
    public required string Assertion { get; init; }
    public string? TraceId { get; init; }
}

public sealed record AskResult
{
    public required IReadOnlyList<Guid> JobIds { get; init; }
}

/// <summary>A service whose job counts, with a checkpoint after each step, and ends in whatever way its spec says.</summary>
internal static class TestService
{
    public const string Name = "tests";

    public static JobKinds<TestDb> Kinds(JobTimings timings) => new JobKinds<TestDb>(Name) { Timings = timings }
        .Add("count", CountAsync, new JobKindOptions<TestDb, CountSpec, CountResult>
        {
            CanPause = true,
            Validate = (spec, _, caller, _) => ValueTask.FromResult(
                spec.Thing == "taken" ? PlatformProblems.Of(Name, "name-taken", $"Taken in {caller.ProjectId}.", 409, null) : null),
            Completed = CompleteAsync,
        })
        .Add<CountSpec, AskResult>("ask", AskAsync)
        .Add<CountSpec, CountResult>("device", CountAsync, new JobKindOptions<TestDb, CountSpec, CountResult> { Device = "cpu" });

    public static PlatformService Definition { get; } = Define(new JobTimings { Poll = TimeSpan.FromMilliseconds(500), StopGrace = TimeSpan.FromSeconds(3) });

    public static PlatformService Define(JobTimings timings)
    {
        var kinds = Kinds(timings);
        return new PlatformService(
            Name,
            builder =>
            {
                builder.AddServiceDatabase<TestDb, TestSqliteDb, TestPostgresDb>(Name);
                builder.AddJobs(kinds);
            },
            bus => bus.AddConsumer<CountTransitions>(),
            endpoints =>
            {
                endpoints.MapJobs(kinds);
                endpoints.MapDeadLetters<TestDb>(Name);
                endpoints.MapGet("/away", Away);
            })
        {
            Children = new Dictionary<string, ChildMain> { ["job"] = kinds.RunChildAsync },
        };
    }

    /// <summary>What a handler meets whose server is away, or refuses it for good.</summary>
    private static string Away(bool forGood) =>
        throw new Artifacts.StoreUnreachableException("http://store/bucket", "it does not answer", null) { MayPass = !forGood };

    private static async Task<CountResult> CountAsync(JobContext job, CountSpec spec, CancellationToken cancellationToken)
    {
        var checkpoint = Path.Join(job.WorkFolder, "step");
        var step = File.Exists(checkpoint) ? int.Parse(await File.ReadAllTextAsync(checkpoint, cancellationToken), CultureInfo.InvariantCulture) : 0;
        job.Log($"begins at {step}");
        while (step < spec.Steps)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (job.Pause.IsCancellationRequested)
            {
                job.Log($"pauses at {step}");
                throw new JobPausedException();
            }

            step++;
            job.Metric("square", step, step * (double)step);
            job.Progress(step, spec.Steps, "steps");
            await File.WriteAllTextAsync(checkpoint + ".new", $"{step}", cancellationToken);
            File.Move(checkpoint + ".new", checkpoint, overwrite: true);
            if (spec.DelayMilliseconds > 0)
            {
                await Task.Delay(spec.DelayMilliseconds, cancellationToken);
            }
        }

        await EndAsync(job, spec);
        Console.WriteLine("printed, and not part of the conversation");
        return new CountResult { Steps = step, Attempt = job.Attempt, Environment = [.. Environment.GetEnvironmentVariables().Keys.Cast<string>().Order()], Assertion = job.Assertion, TraceId = Activity.Current?.TraceId.ToString() };
    }

    /// <summary>Asks the service that the spec names for its jobs.</summary>
    private static async Task<AskResult> AskAsync(JobContext job, CountSpec spec, CancellationToken cancellationToken)
    {
        var page = await job.Client(spec.Thing!).GetFromJsonAsync<Page<JobView>>($"api/{spec.Thing}/jobs", PlatformJson.Options, cancellationToken);
        return new AskResult { JobIds = [.. page!.Items.Select(item => item.Id)] };
    }

    private static async Task EndAsync(JobContext job, CountSpec spec)
    {
        using var self = Process.GetCurrentProcess();
        switch (spec.Then)
        {
            case "fail":
                throw new JobFailedException("not-utf8", "The text is not UTF-8.", "Convert it.");
            case "crash":
                throw new InvalidOperationException("secret inner matter");
            case "die" or "die-once" when spec.Then == "die" || job.Attempt == 1:
                self.Kill();
                await Task.Delay(Timeout.Infinite);
                break;
            case "hang":
                job.Log("hangs");
                await Task.Delay(Timeout.Infinite);    // deaf to its token
                break;
        }
    }

    private static ValueTask CompleteAsync(JobCompletion<TestDb, CountSpec, CountResult> done, CancellationToken cancellationToken)
    {
        if (done.Spec.Thing == "refused")
        {
            throw new JobFailedException("refused", "It was refused at the end.", "Choose another name.");
        }

        if (done.Spec.Thing is { } name)
        {
            done.Db.Things.Add(new ThingRow { Id = Guid.CreateVersion7(), ProjectId = done.Job.ProjectId, Name = name, JobId = done.Job.Id, At = done.Job.CreatedAt });
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>Counts each transition once, however often its message comes. It fails on kind <c>poison</c> until there is a thing named <c>mended</c>.</summary>
public sealed class CountTransitions(TestDb db, TimeProvider time) : IConsumer<JobChanged>
{
    /// <summary>By job: how long after it was sent its message was handled, and how often it came.</summary>
    public static ConcurrentDictionary<Guid, (TimeSpan Latency, int Deliveries)> Handled { get; } = new();

    public async Task Consume(ConsumeContext<JobChanged> context)
    {
        var message = context.Message;
        if (message.Kind == "poison" && !await db.Things.AnyAsync(thing => thing.Name == "mended", context.CancellationToken))
        {
            throw new InvalidOperationException($"Job {message.JobId} is poison.");
        }

        if (await db.AdvanceAsync("count-transitions", message.JobId, message.Sequence, context.CancellationToken))
        {
            db.Effects.Add(new EffectRow { Id = Guid.CreateVersion7(), JobId = message.JobId, Sequence = message.Sequence });
            await db.SaveChangesAsync(context.CancellationToken);
        }

        var latency = time.GetUtcNow().UtcDateTime - context.SentTime!.Value;
        Handled.AddOrUpdate(message.JobId, (latency, 1), (_, known) => (known.Latency, known.Deliveries + 1));
    }
}
