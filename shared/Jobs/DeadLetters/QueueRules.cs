using InternPlatform.ServiceDefaults;
using MassTransit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Jobs.DeadLetters;

/// <summary>
/// What becomes of a message that its consumer does not get through with. A server that is away is waited for. Anything else is tried again at once and
/// then once more some seconds later, so that one that cannot be handled soon leaves the queue to the others; then it is kept for a person.
/// </summary>
internal sealed partial class QueueRules<TDb>(string service, DeadLetterStore<TDb> deadLetters, ILogger<QueueRules<TDb>> logger) : IQueueRules
    where TDb : DbContext, IJobsDb
{
    public const string DeliveryHeader = "Intern-Delivery";
    private const int TriesInMemory = 2;
    private const int Deliveries = 2;

    // Half an hour of waiting, after which a broker takes the message back by itself and gives it again.
    private const int RoundsWhileAway = 900;
    private static readonly TimeSpan WhileAway = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(5);

    public string Service => service;

    public void Apply(IReceiveEndpointConfigurator queue, string name)
    {
        // Whoever sends nobody waits for: no Fault<T> beside it.
        queue.PublishFaults = false;
        queue.ConfigureReceive(receive => receive.UseFilter(new SizeFilter(deadLetters, name)));
        queue.ConfigureError(error => error.UseExecuteAsync(failed => FailedAsync(failed, name)));
        queue.ConfigureDeadLetter(skipped => skipped.UseExecuteAsync(message =>
            deadLetters.KeepAsync(message, name, "No consumer here takes messages of this type.", DeliveryOf(message), again: null)));
        queue.UseMessageRetry(retry =>
        {
            retry.Handle<Exception>(Servers.IsAway);
            retry.Interval(RoundsWhileAway, WhileAway);
        });
        queue.UseMessageRetry(retry =>
        {
            retry.Ignore<Exception>(Servers.IsAway);
            retry.Interval(TriesInMemory - 1, Soon);
        });
    }

    public void ApplyToUndeliverable(IReceiveEndpointConfigurator queue, string name) =>
        queue.ConfigureReceive(receive => receive.UseFilter(new KeepUnread(deadLetters, name)));

    private Task FailedAsync(ExceptionReceiveContext failed, string queue)
    {
        // Nothing gets better about a message that cannot be read.
        var unreadable = failed.Exception is System.Runtime.Serialization.SerializationException;
        var delivery = DeliveryOf(failed);
        var again = !unreadable && delivery < Deliveries;
        var reason = failed.Exception.GetBaseException();
        Log.Failed(logger, reason, queue, delivery);
        return deadLetters.KeepAsync(
            failed, queue, $"{reason.GetType().Name}: {reason.Message}", unreadable ? 1 : delivery * TriesInMemory, again ? Later : null);
    }

    private static int DeliveryOf(ReceiveContext message) =>
        message.TransportHeaders.TryGetHeader(DeliveryHeader, out var value) && int.TryParse(value?.ToString(), out var delivery) && delivery > 0 ? delivery : 1;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A message of {Queue} failed (delivery {Delivery})")]
        public static partial void Failed(ILogger logger, Exception exception, string queue, int delivery);
    }

    /// <summary>Before anything reads it.</summary>
    private sealed class SizeFilter(DeadLetterStore<TDb> deadLetters, string queue) : IFilter<ReceiveContext>
    {
        public Task Send(ReceiveContext context, IPipe<ReceiveContext> next) => context.Body.Length > DeadLetterStore<TDb>.LargestBody
            ? deadLetters.KeepAsync(context, queue, $"{context.Body.Length} bytes, and the limit is {DeadLetterStore<TDb>.LargestBody}.", DeliveryOf(context), again: null)
            : next.Send(context);

        public void Probe(ProbeContext context) => context.CreateFilterScope("size");
    }

    /// <summary>What ends here has done enough harm: nothing reads it.</summary>
    private sealed class KeepUnread(DeadLetterStore<TDb> deadLetters, string queue) : IFilter<ReceiveContext>
    {
        public Task Send(ReceiveContext context, IPipe<ReceiveContext> next) => deadLetters.KeepAsync(
            context, OriginOf(context) ?? queue, "It was delivered again and again, and each time its consumer ended or lost the broker before it answered.", tries: 0, again: null);

        public void Probe(ProbeContext context) => context.CreateFilterScope("unread");

        /// <summary>The broker says where it comes from.</summary>
        private static string? OriginOf(ReceiveContext context) => context.TransportHeaders.TryGetHeader("x-first-death-queue", out var origin) ? origin?.ToString() : null;
    }
}
