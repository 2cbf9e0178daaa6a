using System.Diagnostics;
using System.Text.Json;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Jobs;

/// <summary>
/// The child's standard input, which is also its life: when it closes the supervisor has gone, and the process ends at once, whatever the body is doing.
/// Checkpoints are crash-safe, so nothing is saved in that moment.
/// </summary>
#pragma warning disable CA1001 // the two sources live as long as the process: the listening thread may use them while it ends
internal sealed class ChildInput
#pragma warning restore CA1001
{
    private readonly StreamReader input;

    private readonly CancellationTokenSource cancel = new();
    private readonly CancellationTokenSource pause = new();
    private volatile string assertion;

    /// <param name="input">Standard input after its first line.</param>
    /// <param name="assertion">The first one.</param>
    public ChildInput(StreamReader input, string assertion)
    {
        this.input = input;
        this.assertion = assertion;
        // A thread of its own: a body that keeps every pool thread busy is still cancelled, and still ends with its supervisor.
        new Thread(Listen) { IsBackground = true, Name = "supervisor" }.Start();
    }

    public CancellationToken Cancel => cancel.Token;

    public CancellationToken Pause => pause.Token;

    public string Assertion => assertion;

    private void Listen()
    {
        while (input.ReadLine() is { } line)
        {
            var command = JsonSerializer.Deserialize<ChildCommand>(line, PlatformJson.Options)!;
            switch (command.Do)
            {
                case "cancel":
                    cancel.Cancel();
                    break;
                case "pause":
                    pause.Cancel();
                    break;
                case "assertion":
                    assertion = command.Assertion!;
                    break;
            }
        }

        // Not Environment.Exit, which waits for finalizers and for native threads that may never answer.
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
