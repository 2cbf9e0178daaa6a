using System.Runtime.InteropServices;
using InternPlatform.Training.Data;
using InternPlatform.Training.Model;
using static TorchSharp.torch;

namespace InternPlatform.Training;

/// <summary>The model of a run as it is now, to ask it something; it changes with the next step.</summary>
public sealed class ModelInTraining
{
    private readonly Decoder decoder;
    private readonly PretrainOptions options;

    internal ModelInTraining(Decoder decoder, PretrainOptions options) => (this.decoder, this.options) = (decoder, options);

    /// <summary>Most likely next tokens of some prompts, side by side.</summary>
    /// <param name="prompts">Token ids; each shorter than the sequence length, which ends an answer too.</param>
    /// <param name="most">Longest answer in tokens.</param>
    /// <param name="stops">Ids that end an answer; they are not part of it.</param>
    /// <returns>One answer for each prompt.</returns>
    /// <exception cref="ArgumentException">A prompt is empty, or as long as the sequence length.</exception>
    public IReadOnlyList<int[]> Continue(IReadOnlyList<int[]> prompts, int most, IReadOnlyCollection<int> stops)
    {
        if (prompts.Any(prompt => prompt.Length == 0 || prompt.Length >= options.SequenceLength))
        {
            throw new ArgumentException($"A prompt has 1 to {options.SequenceLength - 1} tokens.", nameof(prompts));
        }

        var texts = prompts.Select(prompt => prompt.ToList()).ToArray();
        var open = Enumerable.Range(0, prompts.Count).ToList();
        for (var token = 0; token < most && open.Count > 0; token++)
        {
            var next = Next(texts, open);
            var ended = new List<int>();
            for (var i = 0; i < open.Count; i++)
            {
                if (stops.Contains(next[i]))
                {
                    ended.Add(open[i]);
                    continue;
                }

                texts[open[i]].Add(next[i]);
                if (texts[open[i]].Count == options.SequenceLength)
                {
                    ended.Add(open[i]);
                }
            }

            open.RemoveAll(ended.Contains);
        }

        return [.. texts.Select((text, i) => text.Skip(prompts[i].Length).ToArray())];
    }

    private int[] Next(List<int>[] texts, List<int> open)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();

        // The whole width, so that the matrix kernels meet few shapes.
        var batch = new Batch(open.Count, options.SequenceLength);
        for (var row = 0; row < open.Count; row++)
        {
            batch.Clear(row);
            batch.Add(row, 0, CollectionsMarshal.AsSpan(texts[open[row]]), 0, texts[open[row]].Count);
        }

        var hidden = decoder.Forward(decoder.Embed(tensor(batch.Ids)), batch).Hidden_RD;
        var last = tensor(open.Select((text, row) => ((long)row * options.SequenceLength) + texts[text].Count - 1).ToArray());
        var best = decoder.Logits(hidden.index_select(0, last)).argmax(1);
        return [.. MemoryMarshal.Cast<byte, long>(best.bytes).ToArray().Select(id => (int)id)];
    }
}
