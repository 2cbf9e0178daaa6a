using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace InternPlatform.ServiceDefaults;

/// <summary>The broker behind an <c>amqp://</c> address, asked by a connection of its own: MassTransit's messages are for those who know it.</summary>
internal sealed class Broker(string address)
{
    private const ushort NotAllowed = 530;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AlarmPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Goodbye = TimeSpan.FromMilliseconds(200);

    private readonly ConnectionFactory factory = new()
    {
        Uri = new Uri(address),
        AutomaticRecoveryEnabled = false,
        RequestedConnectionTimeout = Patience,
        HandshakeContinuationTimeout = Patience,
    };

    /// <summary>The address without user and password.</summary>
    public string Shown => $"{factory.HostName}:{factory.Endpoint.Port}";

    /// <returns>Null: it takes us.</returns>
    public async Task<BrokerRefusal?> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await factory.CreateConnectionAsync("health", cancellationToken);
            // The client does not wait for the broker's word about the virtual host; a channel does.
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            return null;
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException)
        {
            return Reasons(e).Select(Explain).FirstOrDefault(reason => reason is not null)
                ?? new BrokerRefusal($"No broker answers at {Shown} ({e.GetBaseException().Message.TrimEnd('.')}).", MayPass: true);
        }
    }

    /// <summary>A broker short of disk or memory takes connections and still delivers, but confirms nothing; it says why to who publishes.</summary>
    /// <returns>A sentence; null: it takes messages.</returns>
    public async Task<string?> AlarmAsync(CancellationToken cancellationToken)
    {
        // Set by the connection's own loop, which must not be made to wait for what follows.
        var blocked = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        IConnection? connection = null;
        try
        {
            connection = await factory.CreateConnectionAsync("alarms", cancellationToken);
            connection.ConnectionBlockedAsync += (_, stopped) =>
            {
                blocked.TrySetResult(stopped.Reason);
                return Task.CompletedTask;
            };
            var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
            // No queue has this name: the message is confirmed and dropped.
            var published = channel.BasicPublishAsync("", $"nobody-{Guid.CreateVersion7():N}", ReadOnlyMemory<byte>.Empty, cancellationToken).AsTask();
            var first = await Task.WhenAny(published, blocked.Task, Task.Delay(AlarmPatience, cancellationToken));
            return first == published ? null
                : first == blocked.Task ? $"The broker at {Shown} takes no messages: {await blocked.Task}. What is sent waits here until it does."
                : $"The broker at {Shown} does not confirm messages.";
        }
        catch (Exception e) when (e is RabbitMQClientException or IOException)
        {
            return $"The broker at {Shown} does not confirm messages ({e.GetBaseException().Message.TrimEnd('.')}).";
        }
        finally
        {
            // Not closed but let go, channel and all: a broker that blocks a connection does not answer its goodbye either.
            if (connection is not null)
            {
                await connection.AbortAsync(Goodbye);
                connection.Dispose();
            }
        }
    }

    private BrokerRefusal? Explain(Exception reason) => reason switch
    {
        AuthenticationFailureException or PossibleAuthenticationFailureException => new($"The broker at {Shown} refuses the user {factory.UserName}.", MayPass: false),
        OperationInterruptedException { ShutdownReason.ReplyCode: NotAllowed } =>
            new($"The broker at {Shown} has no virtual host '{factory.VirtualHost}', or does not let the user {factory.UserName} use it.", MayPass: false),
        _ => null,
    };

    private static IEnumerable<Exception> Reasons(Exception e)
    {
        var inner = e is AggregateException many ? many.InnerExceptions : e.InnerException is { } one ? [one] : (IReadOnlyList<Exception>)[];
        return inner.SelectMany(Reasons).Prepend(e);
    }
}

/// <param name="Reason">A sentence.</param>
/// <param name="MayPass">It may be starting.</param>
internal sealed record BrokerRefusal(string Reason, bool MayPass);
