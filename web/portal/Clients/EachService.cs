namespace InternPlatform.Portal.Clients;

/// <summary>One question to several services at once.</summary>
internal static class EachService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    /// <summary>A service that is away is part of the answer; only when none answers, as for somebody who may not ask, is that the error.</summary>
    public static async Task<IReadOnlyList<ServiceAnswer<T>>> AskAsync<T>(
        IEnumerable<string> services, Func<string, CancellationToken, Task<T>> askAsync, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(services.Select(service => TryAsync(service, askAsync, cancellationToken)));
        return answers.All(answer => answer.Failure is not null) ? throw answers[0].Failure! : answers;
    }

    private static async Task<ServiceAnswer<T>> TryAsync<T>(string service, Func<string, CancellationToken, Task<T>> askAsync, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return new(service, await askAsync(service, patience.Token), null);
        }
        catch (ApiException e)
        {
            return new(service, default, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            return new(service, default, ApiException.Unreachable(service, e));
        }
    }
}

/// <param name="Service">Its name.</param>
/// <param name="Value">What it said; nothing where it did not answer.</param>
/// <param name="Failure">Why it did not.</param>
internal sealed record ServiceAnswer<T>(string Service, T? Value, ApiException? Failure);
