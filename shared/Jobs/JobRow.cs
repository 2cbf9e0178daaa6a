using InternPlatform.Contracts.Jobs;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Jobs;

/// <summary>A job, as its service's database holds it. Only the API and the supervisor write it.</summary>
public sealed class JobRow : IProjectOwned
{
    public required Guid Id { get; init; }
    public required Guid ProjectId { get; init; }
    public required string Kind { get; init; }
    public required string Name { get; set; }
    public required JobState State { get; set; }

    /// <summary>Number of the newest transition.</summary>
    public long Sequence { get; set; }

    /// <summary>The kind's own record, as JSON.</summary>
    public required string Spec { get; init; }
    public string? Result { get; set; }
    public string? ProblemType { get; set; }
    public string? ProblemTitle { get; set; }
    public string? ProblemDetail { get; set; }

    public required string CreatedById { get; init; }
    public required string CreatedBy { get; init; }

    /// <summary>Separated by spaces, as in an assertion.</summary>
    public required string Scopes { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Trace context of the request that started it, which its worker continues.</summary>
    public string? TraceParent { get; init; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    public int Attempt { get; set; } = 1;

    /// <summary>Workers lost since the job last got further than ever before.</summary>
    public int LossesInARow { get; set; }

    /// <summary>The furthest <see cref="ProgressDone"/> at any loss.</summary>
    public long FurthestDone { get; set; }

    public long? ProgressDone { get; set; }
    public long? ProgressTotal { get; set; }
    public string? ProgressUnit { get; set; }
    public double? ProgressRate { get; set; }

    /// <summary>The supervisor that runs the job; null while nobody does.</summary>
    public string? LeaseOwner { get; set; }

    /// <summary>The fencing token: one more with each lease. A write under an older one is refused.</summary>
    public long LeaseToken { get; set; }
    public DateTimeOffset? LeaseUntil { get; set; }

    /// <summary>The child, told from a later process of the same id by its start time.</summary>
    public int? WorkerPid { get; set; }
    public long? WorkerStart { get; set; }

    /// <summary>Concurrency token.</summary>
    public Guid Version { get; set; } = Guid.CreateVersion7();

    public Originator Originator => new(CreatedById, CreatedBy, ProjectId, Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    internal void Fail(JobProblem problem)
    {
        ProblemType = problem.Type;
        ProblemTitle = problem.Title;
        ProblemDetail = problem.Detail;
        Result = null;
    }
}

/// <summary>One stored transition.</summary>
public sealed class JobEventRow
{
    public required Guid JobId { get; init; }
    public required long Sequence { get; init; }
    public required DateTimeOffset At { get; init; }
    public JobState? From { get; init; }
    public required JobState To { get; init; }
    public required string Who { get; init; }
    public string? Why { get; init; }
}

/// <summary>A message that is committed and not yet known to be published; the row goes when it is.</summary>
public sealed class OutboxRow
{
    public required Guid Id { get; init; }

    /// <summary>Full name of a record of the contracts.</summary>
    public required string Type { get; init; }
    public required string Body { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>W3C <c>traceparent</c> of what wrote it.</summary>
    public string? TraceParent { get; init; }
    public Guid? Lease { get; set; }
    public DateTimeOffset? LeaseUntil { get; set; }
    public int Tries { get; set; }
    public string? LastError { get; set; }

    /// <summary>Only where the bus is this process's memory: it is given to its consumers, and the row stays until they have surely had it.</summary>
    public DateTimeOffset? SentAt { get; set; }
}

/// <summary>How far a consumer has followed one object; see <see cref="InboxExtensions"/>.</summary>
public sealed class InboxRow
{
    public required string Consumer { get; init; }
    public required Guid ObjectId { get; init; }
    public long Sequence { get; set; }

    /// <summary>Concurrency token.</summary>
    public Guid Version { get; set; } = Guid.CreateVersion7();
}

/// <summary>What a caller was answered under an <c>Idempotency-Key</c>.</summary>
public sealed class IdempotencyRow
{
    public required Guid ProjectId { get; init; }
    public required string UserId { get; init; }
    public required string Route { get; init; }
    public required string Key { get; init; }
    public required string BodyHash { get; init; }

    /// <summary>What the first call made.</summary>
    public required Guid ResourceId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}
