namespace InternPlatform.ServiceDefaults;

/// <summary>
/// A new assertion key without a call that fails: the new key verifies; when every process has read it, it signs; when the last assertion of the former key has expired,
/// that goes. Each step replaces the file in one move, and the file says which was the last, so a process that is killed between two leaves them to the next one.
/// </summary>
public sealed class AssertionKeyRotation(PlatformOptions options, TimeProvider time)
{
    /// <summary>By then every process has read a change, and a few times over.</summary>
    public static readonly TimeSpan Spread = TimeSpan.FromSeconds(30);

    /// <summary>From a key's last signature, which a late reader makes, until nobody takes it any more.</summary>
    public static readonly TimeSpan Retirement = Spread + Assertions.Lifetime + Assertions.ClockSkew;

    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(5);

    /// <summary>The keys as the file has them, the signing one first.</summary>
    public IReadOnlyList<AssertionKeyState> Keys() => [.. Stored().Select(key => new AssertionKeyState(key.Id, key.Stage, key.Since))];

    /// <returns>False: one is under way.</returns>
    /// <exception cref="IOException">The file, or its folder, cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public async Task<bool> BeginAsync(CancellationToken cancellationToken)
    {
        await using var alone = await LockAsync(cancellationToken);
        var keys = Stored();
        if (keys.Any(key => key.Stage != AssertionKeyStage.InUse))
        {
            return false;
        }

        Store([.. keys, AssertionKeyFile.New(AssertionKeyStage.Next, time.GetUtcNow())]);
        return true;
    }

    /// <summary>Takes the next step, if one is due.</summary>
    /// <returns>What was done; null: nothing.</returns>
    public async Task<string?> ContinueAsync(CancellationToken cancellationToken)
    {
        if (Due(Stored()) is null)
        {
            return null;
        }

        await using var alone = await LockAsync(cancellationToken);
        // Again: another instance may have been faster.
        var keys = Stored();
        switch (Due(keys))
        {
            case { Stage: AssertionKeyStage.Next } next:
                var former = keys.Where(key => key != next)
                    .Select((key, at) => at == 0 ? key with { Stage = AssertionKeyStage.Former, Since = time.GetUtcNow() } : key);
                Store([next with { Stage = AssertionKeyStage.InUse, Since = null }, .. former]);
                return $"{next.Id} signs";
            case { } gone:
                Store(keys.Where(key => key != gone));
                return $"{gone.Id} is removed";
            default:
                return null;
        }
    }

    private StoredAssertionKey? Due(IReadOnlyList<StoredAssertionKey> keys) => keys.FirstOrDefault(key => key.Stage switch
    {
        AssertionKeyStage.Next => time.GetUtcNow() >= key.Since + Spread,
        AssertionKeyStage.Former => time.GetUtcNow() >= key.Since + Retirement,
        _ => false,
    });

    private IReadOnlyList<StoredAssertionKey> Stored() => AssertionKeyFile.Parse(File.ReadAllText(options.AssertionKey));

    private void Store(IEnumerable<StoredAssertionKey> keys) => OwnerOnly.Write(options.AssertionKey, AssertionKeyFile.Compose(keys));

    /// <summary>The kernel's lock, which goes with its process.</summary>
    private async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream($"{options.AssertionKey}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (time.GetElapsedTime(began) < LockPatience && File.Exists($"{options.AssertionKey}.lock"))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }
        }
    }
}

/// <summary>A key by its name.</summary>
public sealed record AssertionKeyState(string Id, AssertionKeyStage Stage, DateTimeOffset? Since);
