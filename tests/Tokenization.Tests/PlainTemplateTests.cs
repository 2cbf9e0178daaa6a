namespace InternPlatform.Tokenization.Tests;

/// <summary>Templates of other model families: what each writes, what is learned of it, and what it refuses.</summary>
public sealed class PlainTemplateTests
{
    private static readonly ChatMessage[] Dialogue = [Turn("system", "S"), Turn("user", "Q1"), Turn("assistant", "A1"), Turn("user", "Q2"), Turn("assistant", "A2")];

    [Theory]
    [InlineData("chatml", "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ1<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n<|im_start|>user\nQ2<|im_end|>\n<|im_start|>assistant\nA2<|im_end|>\n")]
    [InlineData("llama3_chat", "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nQ1<|eot_id|>" +
        "<|start_header_id|>assistant<|end_header_id|>\n\nA1<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nQ2<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nA2<|eot_id|>")]
    [InlineData("default", "<s><|System|>:S\n<|User|>:Q1\n<|Bot|>:A1</s>\n<s><|User|>:Q2\n<|Bot|>:A2</s>")]
    [InlineData("zephyr", "<s><|system|>\nS\n<|user|>\nQ1\n<|assistant|>\nA1</s>\n<s><|user|>\nQ2\n<|assistant|>\nA2</s>")]
    [InlineData("mistral", "<s>[INST] S [/INST]\n[INST] Q1 [/INST]A1</s>\n<s>[INST] Q2 [/INST]A2</s>")]
    [InlineData("vicuna", "<s>A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. S\n " +
        "USER: Q1 ASSISTANT:A1</s>\n<s>USER: Q2 ASSISTANT:A2</s>")]
    [InlineData("llama2_chat", "<s>[INST] <<SYS>>\n You are a helpful, respectful and honest assistant. Always answer as helpfully as possible, while being safe. Your answers should not include any " +
        "harmful, unethical, racist, sexist, toxic, dangerous, or illegal content. Please ensure that your responses are socially unbiased and positive in nature.\nS\n<</SYS>>\n [/INST] " +
        "[INST] Q1 [/INST]A1</s>\n<s>[INST] Q2 [/INST]A2</s>")]
    [InlineData("alpaca", "<s>S\n\n### Instruction:\nQ1\n\n### Response:\nA1</s>\n\n<s>### Instruction:\nQ2\n\n### Response:\nA2</s>")]
    public void A_dialogue_is_written_as_the_family_writes_it(string name, string text) =>
        Assert.Equal(text, Text(ChatTemplate.Get(name).Segments(Dialogue, null, addGenerationPrompt: false)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_is_taken_on_answers_and_their_ends_only(string name)
    {
        var template = ChatTemplate.Get(name);
        var trained = template.Segments(Dialogue, null, addGenerationPrompt: false).Where(segment => segment.Trained).ToArray();
        Assert.Equal(["A1", template.StopTokens[0], "A2", template.StopTokens[0]], trained.Select(segment => segment.Text));
        Assert.All(trained, segment => Assert.Equal(segment.Text == template.StopTokens[0], segment.IsSpecial));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_prompt_is_the_beginning_of_the_dialogue(string name)
    {
        var template = ChatTemplate.Get(name);
        for (var turns = 2; turns <= 4; turns += 2)
        {
            var prompt = template.Segments(Dialogue[..turns], null, addGenerationPrompt: true);
            Assert.Equal(prompt, template.Segments(Dialogue, null, addGenerationPrompt: false).Take(prompt.Count));
        }
    }

    [Theory]
    [MemberData(nameof(WithoutTools))]
    public void Tools_are_refused_where_the_template_has_no_form_for_them(string name)
    {
        var template = ChatTemplate.Get(name);
        ChatMessage call = new() { Role = "assistant", ToolCalls = [new("calculator", "{}")] };
        Assert.Contains("internlm2", Assert.Throws<ChatTemplateException>(() => template.Segments([Turn("user", "x"), call], null, false)).Message, StringComparison.Ordinal);
        Assert.Throws<ChatTemplateException>(() => template.Segments([Turn("user", "x"), Turn("tool", "5")], null, false));
        Assert.Throws<ChatTemplateException>(() => template.Segments([Turn("user", "x")], """[{"name":"calculator"}]""", false));
        Assert.Throws<ChatTemplateException>(() => template.Segments([Turn("narrator", "x")], null, false));
        Assert.NotEmpty(template.Segments([Turn("user", "x")], "[]", false));
    }

    [Fact]
    public void Several_questions_are_one_and_an_answer_without_a_question_stands_alone() => Assert.Equal(
        "<s>A0</s>\n<s><|User|>:Q1\nQ2\n<|Bot|>:A1</s>",
        Text(ChatTemplate.Get("default").Segments([Turn("assistant", "A0"), Turn("user", "Q1"), Turn("user", "Q2"), Turn("assistant", "A1")], null, addGenerationPrompt: false)));

    [Fact]
    public void Alpaca_says_what_is_wanted_where_there_is_no_system_prompt() => Assert.Equal(
        "<s>Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nQ\n\n### Response:\n",
        Text(ChatTemplate.Get("alpaca").Segments([Turn("user", "Q")], null, addGenerationPrompt: true)));

    [Fact]
    public void Two_names_of_one_template_are_one()
    {
        Assert.Same(ChatTemplate.Get("internlm2"), ChatTemplate.Get("internlm2_chat"));
        Assert.Same(ChatTemplate.Get("chatml"), ChatTemplate.Get("qwen_chat"));
        Assert.Equal("internlm2", ChatTemplate.Names.First());
    }

    [Fact]
    public void Every_template_has_a_jinja_text_of_its_own_by_which_a_folder_is_recognised()
    {
        var templates = ChatTemplate.Names.Select(ChatTemplate.Get).Distinct().ToArray();
        Assert.Equal(templates.Length, templates.Select(template => template.Jinja).Distinct().Count());
        Assert.All(templates, template => Assert.Equal(template.Jinja, Texts.Small.WithChatTemplate(template).ChatTemplateText));
    }

    [Fact]
    public void A_tokenizer_with_begin_and_end_alone_has_no_template_by_itself()
    {
        Assert.Null(ChatTemplate.ForSpecialTokens(Special("<unk>", "<s>", "</s>")));
        Assert.Equal("chatml", ChatTemplate.ForSpecialTokens(Special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))?.Name);
        Assert.Equal("llama3_chat", ChatTemplate.ForSpecialTokens(Special("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"))?.Name);
        Assert.Equal("internlm2", ChatTemplate.ForSpecialTokens(Texts.Small.SpecialTokens)?.Name);
    }

    [Fact]
    public void A_tokenizer_without_the_marks_does_not_fit_and_stops_are_what_it_has()
    {
        Assert.False(ChatTemplate.Get("llama3_chat").Fits(Texts.Small));
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Get("llama3_chat").StopIds(Texts.Small));
        Assert.True(ChatTemplate.Get("vicuna").Fits(Texts.Small));
        Assert.Equal([Texts.Small.IdOf("</s>")!.Value], ChatTemplate.Get("vicuna").StopIds(Texts.Small));
        Assert.Equal([Texts.Small.IdOf("<|im_end|>")!.Value, Texts.Small.IdOf("</s>")!.Value], ChatTemplate.Get("internlm2").StopIds(Texts.Small));
    }

    public static TheoryData<string> Names() => [.. ChatTemplate.Names];

    public static TheoryData<string> WithoutTools() => [.. ChatTemplate.Names.Where(name => !name.StartsWith("internlm2", StringComparison.Ordinal))];

    private static ChatMessage Turn(string role, string content) => new() { Role = role, Content = content };

    private static Dictionary<string, int> Special(params string[] tokens) => tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id);

    private static string Text(IEnumerable<TemplateSegment> segments) => string.Concat(segments.Select(segment => segment.Text));
}
