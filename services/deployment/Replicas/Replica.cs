using InternPlatform.Inference.Engine;

namespace InternPlatform.Deployment.Replicas;

/// <summary>A replica that answers, as the service in front knows it.</summary>
internal sealed class Replica(Uri address, string secret)
{
    private EngineStatus? status;

    public Uri Address { get; } = address;

    /// <summary>Whoever knows it may ask the replica: it listens on loopback, where other users' processes are.</summary>
    public string Secret { get; } = secret;

    /// <summary>As last read.</summary>
    public EngineStatus? Status
    {
        get => Volatile.Read(ref status);
        set => Volatile.Write(ref status, value);
    }
}

/// <summary>First line on the replica's standard input: what to serve.</summary>
internal sealed record ReplicaOrder
{
    public required string Folder { get; init; }
    public required string Name { get; init; }
    public required string Fingerprint { get; init; }
    public required string Secret { get; init; }
    public required EngineOptions Engine { get; init; }

    /// <summary>Folder of the model that guesses ahead.</summary>
    public string? DraftFolder { get; init; }
    public IReadOnlyList<ReplicaAdapter> Adapters { get; init; } = [];
}

/// <summary>An adapter's files.</summary>
internal sealed record ReplicaAdapter(string Name, string Folder, string Fingerprint);

/// <summary>First line on the replica's standard output: it answers, or why it never will.</summary>
internal sealed record ReplicaReport
{
    /// <summary>Set when the model cannot be served; trying again would not help.</summary>
    public string? Problem { get; init; }
    public int Port { get; init; }
    public int ContextLength { get; init; }
    public long Parameters { get; init; }
    public long PlannedBytes { get; init; }
    public string? Template { get; init; }
    public int WeightBits { get; init; }
    public string? Quantization { get; init; }
    public string? Capabilities { get; init; }
}
