namespace InternPlatform.Tokenization;

/// <summary>A token shard cannot be used: which file, and why.</summary>
public sealed class InvalidShardException(string file, string reason, Exception? inner = null)
    : Exception($"{file}: {reason}", inner)
{
    /// <summary>Path of the file.</summary>
    public string File { get; } = file;

    /// <summary>What is wrong with it.</summary>
    public string Reason { get; } = reason;
}
