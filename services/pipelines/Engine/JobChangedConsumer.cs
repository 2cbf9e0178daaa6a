using InternPlatform.Contracts.Jobs;
using MassTransit;

namespace InternPlatform.Pipelines.Engine;

/// <summary>A job changed somewhere: look now instead of at the next poll. Hearing it twice is looking twice.</summary>
internal sealed class JobChangedConsumer(EngineSignal signal) : IConsumer<JobChanged>
{
    public Task Consume(ConsumeContext<JobChanged> context)
    {
        signal.Set();
        return Task.CompletedTask;
    }
}
