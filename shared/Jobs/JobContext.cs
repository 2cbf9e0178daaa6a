using InternPlatform.Artifacts;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Jobs;

/// <summary>What a body may use. It lives in the child process and talks to the supervisor over the child's standard streams.</summary>
public sealed class JobContext
{
    private readonly ChildReport report;
    private readonly ChildInput input;
    private readonly ServiceAddresses addresses;

    internal JobContext(ChildDocument document, IArtifactStore artifacts, ServiceAddresses addresses, ChildReport report, ChildInput input)
    {
        this.addresses = addresses;
        this.report = report;
        this.input = input;
        JobId = document.JobId;
        ProjectId = document.ProjectId;
        Attempt = document.Attempt;
        WorkFolder = document.WorkFolder;
        Artifacts = artifacts;
    }

    public Guid JobId { get; }
    public Guid ProjectId { get; }

    /// <summary>From 1; one more after each lost worker.</summary>
    public int Attempt { get; }

    /// <summary>Kept from attempt to attempt, so checkpoints live here; removed some time after the job has ended.</summary>
    public string WorkFolder { get; }
    public IArtifactStore Artifacts { get; }

    /// <summary>A fresh 60-second assertion of the rights of the person who started the job, for calls to other services.</summary>
    public string Assertion => input.Assertion;

    /// <summary>
    /// A client whose base address is the root of another service: ask for <c>api/catalog/datasets</c> or <c>v1/models</c>, without a leading slash. Every request has the
    /// newest <see cref="Assertion"/>. A service that cannot be reached, or answers 503, is asked again as <see cref="ServiceRetry"/> says; then the last answer or error is the caller's.
    /// It needs no disposal. It waits for an answer as long as the service takes: pass the job's token.
    /// </summary>
    /// <param name="service">Name of the service.</param>
    /// <param name="retry">Null: half a minute.</param>
    /// <exception cref="InvalidOperationException">No address is known for the service.</exception>
    public HttpClient Client(string service, ServiceRetry? retry = null)
    {
        var (address, inner) = addresses.Locate(service);
        var handler = new ServiceCall(inner, () => input.Assertion, retry ?? new ServiceRetry(), TimeProvider.System);
        return new HttpClient(handler, disposeHandler: false) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Set when somebody asked for a pause, or the host stops: save, then throw <see cref="JobPausedException"/>.</summary>
    public CancellationToken Pause => input.Pause;

    /// <summary>May be called as often as one likes; the newest is sent a few times a second. Rate and remaining time are the supervisor's.</summary>
    public void Progress(long done, long? total, string unit) => report.Progress(done, total, unit);

    /// <summary>Adds a point to a series. A step given again, as after a resume, replaces the value. Written to the file before this returns.</summary>
    public void Metric(string name, long step, double value) => report.Metric(name, step, value);

    public void Log(string message) => report.Log("info", message);

    public void Warn(string message) => report.Log("warning", message);
}
