using System.Text.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Jobs;

/// <summary>The child's side of the conversation: lines to the supervisor, points and log lines to the job's files.</summary>
internal sealed class ChildReport : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private const int TicksPerHeartbeat = 10;
    private readonly Lock gate = new();
    private readonly Stream output;
    private readonly TimeProvider time;
    private readonly JobSeriesFile metrics;
    private readonly JobSeriesFile log;
    private readonly ManualResetEventSlim ended = new();
    private readonly Thread beating;
    private ChildLine? progress;
    private bool written;

    public ChildReport(Stream output, string jobFolder, TimeProvider time)
    {
        this.output = output;
        this.time = time;
        metrics = new JobSeriesFile(JobFiles.Metrics(jobFolder));
        log = new JobSeriesFile(JobFiles.Log(jobFolder));
        // A thread of its own: a body that keeps every pool thread busy must not look dead.
        beating = new Thread(Beat) { IsBackground = true, Name = "heartbeat" };
        beating.Start();
    }

    public void Say(ChildLine line)
    {
        lock (gate)
        {
            // What came before a last word is sent before it.
            SendPending();
            Send(line);
        }
    }

    public void Progress(long done, long? total, string unit)
    {
        lock (gate)
        {
            progress = new ChildLine { Say = "progress", Done = done, Total = total, Unit = unit };
        }
    }

    public void Metric(string name, long step, double value)
    {
        if (!double.IsFinite(value))
        {
            Log("warning", $"{name} is {value} at step {step}; the point is left out.");
            return;
        }

        lock (gate)
        {
            metrics.Append(JsonSerializer.SerializeToUtf8Bytes(new StoredPoint(name, step, value), PlatformJson.Options));
            written = true;
        }
    }

    public void Log(string level, string message)
    {
        lock (gate)
        {
            log.Append(JsonSerializer.SerializeToUtf8Bytes(new StoredLine(time.GetUtcNow(), level, message), PlatformJson.Options));
            written = true;
        }
    }

    public void Dispose()
    {
        ended.Set();
        beating.Join();
        metrics.Dispose();
        log.Dispose();
        ended.Dispose();
    }

    private void Beat()
    {
        for (var tick = 0L; !ended.Wait(Tick); tick++)
        {
            lock (gate)
            {
                SendPending();
                if (tick % TicksPerHeartbeat == 0)
                {
                    Send(new ChildLine { Say = "alive" });
                }
            }
        }
    }

    private void SendPending()
    {
        if (written)
        {
            Send(new ChildLine { Say = "written" });
            written = false;
        }

        if (progress is not null)
        {
            Send(progress);
            progress = null;
        }
    }

    private void Send(ChildLine line)
    {
        try
        {
            output.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, PlatformJson.Options), (byte)'\n']);
            output.Flush();
        }
        catch (IOException)
        {
            // The supervisor is gone. Its end of our standard input is closed too, and that ends this process.
        }
    }
}
