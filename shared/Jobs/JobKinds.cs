using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using InternPlatform.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace InternPlatform.Jobs;

/// <summary>What a kind of job does, in the child. The result is stored as JSON.</summary>
public delegate Task<TResult> JobBody<TSpec, TResult>(JobContext job, TSpec spec, CancellationToken cancellationToken);

/// <summary>What else there is to say about a kind.</summary>
public sealed record JobKindOptions<TDb, TSpec, TResult>
    where TDb : DbContext, IJobsDb
{
    /// <summary>Refuses a spec when it is posted; runs in the request, with the caller's view of the database.</summary>
    public Func<TSpec, TDb, Caller, CancellationToken, ValueTask<ProblemHttpResult?>>? Validate { get; init; }

    /// <summary>
    /// Completes an accepted spec with what only the database knows, since the child has none; what it returns is stored. It must overwrite, not keep,
    /// whatever a caller put into the members that it fills.
    /// </summary>
    public Func<TSpec, TDb, Caller, CancellationToken, ValueTask<TSpec>>? Prepare { get; init; }

    /// <summary>
    /// Runs in the supervisor, in the same transaction as the change to succeeded: add rows and outbox messages, do not save.
    /// A <see cref="JobFailedException"/> fails the job with its problem. <see cref="JobRow.Result"/> may be replaced.
    /// </summary>
    public Func<JobCompletion<TDb, TSpec, TResult>, CancellationToken, ValueTask>? Completed { get; init; }

    /// <summary><c>cpu</c>: the child waits for the machine's lock of that name before its body runs.</summary>
    public string? Device { get; init; }

    /// <summary>The body honours <see cref="JobContext.Pause"/>.</summary>
    public bool CanPause { get; init; }
}

/// <summary>A job that has done its work.</summary>
public sealed record JobCompletion<TDb, TSpec, TResult>(TDb Db, JobRow Job, TSpec Spec, TResult Result, Outbox<TDb> Outbox)
    where TDb : DbContext, IJobsDb;

/// <summary>The kinds of job of one service.</summary>
public sealed class JobKinds<TDb>(string service)
    where TDb : DbContext, IJobsDb
{
    private readonly Dictionary<string, JobKind<TDb>> kinds = new(StringComparer.Ordinal);

    public string Service { get; } = service;

    public IReadOnlyCollection<string> Names => kinds.Keys;

    /// <summary>Children at one time, those that wait for a device included.</summary>
    public int MaximumRunning { get; init; } = 4;

    internal JobTimings Timings { get; init; } = new();

    internal JobMetrics Metrics { get; } = new(service);

    public JobKinds<TDb> Add<TSpec, TResult>(string kind, JobBody<TSpec, TResult> body, JobKindOptions<TDb, TSpec, TResult>? options = null)
    {
        kinds.Add(kind, new JobKind<TDb, TSpec, TResult>(kind, body, options ?? new JobKindOptions<TDb, TSpec, TResult>()));
        return this;
    }

    /// <summary>
    /// The child's main function: <c>PlatformService.Children["job"]</c>. It obeys its standard input and nothing else: a Ctrl-C in a terminal reaches the host and
    /// its children alike, and it is the host that then asks them to save.
    /// </summary>
    public Task<int> RunChildAsync(string[] args, CancellationToken cancellationToken) => JobChild.RunAsync(Service, Bodies);

    internal JobKind<TDb>? Find(string kind) => kinds.GetValueOrDefault(kind);

    private IReadOnlyDictionary<string, ChildBody> Bodies => kinds.ToDictionary(kind => kind.Key, kind => (ChildBody)kind.Value.RunAsync);
}

/// <summary>A body over JSON.</summary>
internal delegate Task<JsonElement> ChildBody(JobContext job, JsonElement spec, CancellationToken cancellationToken);

/// <summary>A kind whose types are known to itself only.</summary>
internal abstract class JobKind<TDb>(string name, string? device, bool canPause)
    where TDb : DbContext, IJobsDb
{
    public string Name { get; } = name;
    public string? Device { get; } = device;
    public bool CanPause { get; } = canPause;

    /// <returns>Null where the spec is fine.</returns>
    public abstract ValueTask<ProblemHttpResult?> ValidateAsync(string service, JsonElement spec, TDb db, Caller caller, CancellationToken cancellationToken);

    /// <returns>The spec to store, as JSON.</returns>
    public abstract ValueTask<string> PrepareAsync(JsonElement spec, TDb db, Caller caller, CancellationToken cancellationToken);

    public abstract Task<JsonElement> RunAsync(JobContext job, JsonElement spec, CancellationToken cancellationToken);

    public abstract ValueTask CompleteAsync(TDb db, JobRow job, Outbox<TDb> outbox, CancellationToken cancellationToken);
}

internal sealed class JobKind<TDb, TSpec, TResult>(string name, JobBody<TSpec, TResult> body, JobKindOptions<TDb, TSpec, TResult> options)
    : JobKind<TDb>(name, options.Device, options.CanPause)
    where TDb : DbContext, IJobsDb
{
    public override async ValueTask<ProblemHttpResult?> ValidateAsync(string service, JsonElement spec, TDb db, Caller caller, CancellationToken cancellationToken)
    {
        TSpec read;
        try
        {
            read = Read<TSpec>(spec);
        }
        catch (JsonException e)
        {
            return JobProblems.InvalidSpec(service, Name, e.Path ?? "$", e.Message);
        }

        var errors = new List<ValidationResult>();
        if (read is not null && !Validator.TryValidateObject(read, new ValidationContext(read), errors, validateAllProperties: true))
        {
            return JobProblems.InvalidSpec(service, Name, errors);
        }

        return options.Validate is null ? null : await options.Validate(read, db, caller, cancellationToken);
    }

    public override async ValueTask<string> PrepareAsync(JsonElement spec, TDb db, Caller caller, CancellationToken cancellationToken)
        => options.Prepare is null
            ? spec.GetRawText()
            : JsonSerializer.Serialize(await options.Prepare(Read<TSpec>(spec), db, caller, cancellationToken), PlatformJson.Options);

    public override async Task<JsonElement> RunAsync(JobContext job, JsonElement spec, CancellationToken cancellationToken)
        => JsonSerializer.SerializeToElement(await body(job, Read<TSpec>(spec), cancellationToken), PlatformJson.Options);

    public override ValueTask CompleteAsync(TDb db, JobRow job, Outbox<TDb> outbox, CancellationToken cancellationToken)
        => options.Completed is null
            ? ValueTask.CompletedTask
            : options.Completed(
                new JobCompletion<TDb, TSpec, TResult>(
                    db, job, JsonSerializer.Deserialize<TSpec>(job.Spec, PlatformJson.Options)!, JsonSerializer.Deserialize<TResult>(job.Result!, PlatformJson.Options)!, outbox),
                cancellationToken);

    private static T Read<T>(JsonElement json) => json.Deserialize<T>(PlatformJson.Options) ?? throw new JsonException("The spec is null.");
}
