using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace InternPlatform.Services.Tests.Hosting;

/// <summary>Every log line of every category, down to Trace.</summary>
[ProviderAlias("Everything")]
public sealed class EverythingLogged : ILoggerProvider
{
    private readonly ConcurrentQueue<string> lines = new();

    public IReadOnlyCollection<string> Lines => lines;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(EverythingLogged owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            owner.lines.Enqueue($"{category} scope {state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner.lines.Enqueue($"{category} {formatter(state, exception)} {exception}");
    }
}
