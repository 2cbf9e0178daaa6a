namespace InternPlatform.ServiceDefaults;

/// <summary>When the host began, and whether it has started.</summary>
internal sealed class StartState
{
    public DateTimeOffset At { get; } = TimeProvider.System.GetUtcNow();

    public bool Done { get; set; }
}
