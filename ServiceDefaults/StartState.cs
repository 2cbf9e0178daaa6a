namespace InternPlatform.ServiceDefaults;

/// <summary>Whether the host has started.</summary>
internal sealed class StartState
{
    public bool Done { get; set; }
}
