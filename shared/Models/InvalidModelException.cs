namespace InternPlatform.Models;

/// <summary>A model's file cannot be used: which file, and why.</summary>
/// <param name="file">Path of the file or folder.</param>
/// <param name="reason">What is wrong with it, and what to do where that is known.</param>
/// <param name="inner">What led to it.</param>
public sealed class InvalidModelException(string file, string reason, Exception? inner = null)
    : Exception($"{file}: {reason}", inner)
{
    /// <summary>Path of the file or folder.</summary>
    public string File { get; } = file;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
