using System.Runtime.CompilerServices;
using System.Threading.Channels;
using InternPlatform.Inference;
using InternPlatform.Inference.Text;

namespace InternPlatform.Deployment.OpenAi;

/// <summary>The answers of one request, running side by side. Disposing ends those that still run.</summary>
internal sealed class Choices : IDisposable
{
    private readonly List<TextGeneration> running = [];

    private Choices()
    {
    }

    public int Count => running.Count;

    public TextGeneration this[int index] => running[index];

    /// <summary>Starts all or none: a full queue takes back what was started.</summary>
    public static Choices Start(TextModel model, IEnumerable<TextRequest> requests)
    {
        var choices = new Choices();
        try
        {
            choices.running.AddRange(requests.Select(model.Start));
            return choices;
        }
        catch (InferenceException)
        {
            choices.Dispose();
            throw;
        }
    }

    /// <summary>The pieces of all answers as they come, each with its answer's number.</summary>
    public async IAsyncEnumerable<(int Index, TextChunk Chunk)> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pieces = Channel.CreateUnbounded<(int, TextChunk)>();
        var reading = Task.WhenAll(running.Select(async (choice, index) =>
        {
            await foreach (var chunk in choice.ReadAsync(cancellationToken))
            {
                pieces.Writer.TryWrite((index, chunk));
            }
        }));
        var ending = reading.ContinueWith(done => pieces.Writer.TryComplete(done.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await foreach (var piece in pieces.Reader.ReadAllAsync(cancellationToken))
        {
            yield return piece;
        }

        await ending;
    }

    public void Dispose() => running.ForEach(choice => choice.Cancel());
}
