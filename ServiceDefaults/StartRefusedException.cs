namespace InternPlatform.ServiceDefaults;

/// <summary>The host cannot start as it was told to. Its lines are for the person who started it; the exit code is 2.</summary>
public sealed class StartRefusedException(params IReadOnlyList<string> lines) : Exception(string.Join(Environment.NewLine, lines))
{
    public const int ExitCode = 2;
}
