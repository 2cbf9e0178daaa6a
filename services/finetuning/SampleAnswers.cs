using System.Text.Json;
using InternPlatform.Contracts.Finetuning;
using InternPlatform.Jobs;
using InternPlatform.Tokenization;
using InternPlatform.Training;

namespace InternPlatform.Finetuning;

/// <summary>Answers to the sample prompts, kept in the job's folder: a next attempt asks only where the last one had not.</summary>
internal sealed class SampleAnswers
{
    private const int LongestAnswer = 64;

    private readonly JobContext job;
    private readonly Tokenizer tokenizer;
    private readonly IReadOnlyList<int> stops;
    private readonly (string Text, int[] Ids)[] prompts;
    private readonly List<SampleAnswer> answers;
    private readonly string path;

    public SampleAnswers(JobContext job, SftSpec spec, DialogueEncoder encoder, Tokenizer tokenizer, IReadOnlyList<int> stops)
    {
        (this.job, this.tokenizer, this.stops) = (job, tokenizer, stops);
        path = Path.Combine(job.WorkFolder, "answers.json");
        answers = File.Exists(path) ? JsonSerializer.Deserialize<List<SampleAnswer>>(File.ReadAllBytes(path)) ?? [] : [];
        var all = spec.SamplePrompts.Select(prompt => (Text: prompt, Ids: encoder.Prompt(prompt))).ToArray();
        prompts = [.. all.Where(prompt => prompt.Ids.Length < spec.SequenceLength)];
        foreach (var tooLong in all.Except(prompts))
        {
            job.Warn($"A sample prompt of {tooLong.Ids.Length} tokens leaves no room for an answer in {spec.SequenceLength}: it is not asked.");
        }
    }

    public IReadOnlyList<SampleAnswer> All => [.. answers.OrderBy(answer => answer.Step)];

    public void Ask(long step, ModelInTraining model)
    {
        if (prompts.Length == 0 || answers.Any(answer => answer.Step == step))
        {
            return;
        }

        var given = model.Continue([.. prompts.Select(prompt => prompt.Ids)], LongestAnswer, stops);
        for (var i = 0; i < prompts.Length; i++)
        {
            // A model may have more rows than its tokenizer has entries; one that has not learned much picks them, and they stand for no text.
            int[] known = [.. given[i].Where(id => id < tokenizer.VocabularySize)];
            answers.Add(new SampleAnswer { Step = step, Prompt = prompts[i].Text, Answer = tokenizer.Decode(known, skipSpecialTokens: false) });
            job.Log($"Step {step}: {prompts[i].Text} -> {answers[^1].Answer}");
        }

        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(answers));
        File.Move(path + ".tmp", path, overwrite: true);
    }
}
