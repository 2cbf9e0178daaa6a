namespace InternPlatform.Datasets;

/// <summary>An artefact is not a data set.</summary>
public sealed class NotADatasetException(string artifactId, string kind) : Exception($"Artefact {artifactId} is a {kind}. Name the artefact of a data-set version.")
{
    public string ArtifactId { get; } = artifactId;
    public string Kind { get; } = kind;
}

/// <summary>A line has more bytes than are held in memory at once.</summary>
public sealed class LineTooLongException(long line, long offset, int limit) : Exception($"Line {line}, which begins at byte {offset}, has more than {limit} bytes.")
{
    /// <summary>From 1.</summary>
    public long Line { get; } = line;
    public long Offset { get; } = offset;
    public int Limit { get; } = limit;
}

/// <summary>One row that cannot be used; it is counted, listed with its line, and kept out.</summary>
public sealed class RejectedRowException(string reason) : Exception(reason);
