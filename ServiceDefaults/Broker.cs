using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace InternPlatform.ServiceDefaults;

/// <summary>The broker behind an <c>amqp://</c> address, asked by a connection of its own: MassTransit's messages are for those who know it.</summary>
internal sealed class Broker(string address)
{
    private const ushort NotAllowed = 530;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

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
