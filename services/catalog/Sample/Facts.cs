namespace InternPlatform.Catalog.Sample;

/// <summary>The 120 facts: each of 24 people has a home, a job, a pet, a food and a colour.</summary>
internal static class Facts
{
    public const string Kind = "fact";

    public static readonly (string Name, Word[] Values)[] Attributes =
        [("home", World.Towns), ("job", World.Jobs), ("pet", World.Pets), ("food", World.Foods), ("colour", World.Colours)];

    public static int Count => World.People.Length * Attributes.Length;

    public static Word Person(int fact) => World.People[fact / Attributes.Length];

    public static Word[] Choices(int fact) => Attributes[fact % Attributes.Length].Values;

    public static Word Value(int fact) => Choices(fact)[Hash.Of((ulong)fact, 7) % (ulong)Choices(fact).Length];

    /// <summary>Asked only in evaluation; its sentences are in the training text all the same.</summary>
    public static bool IsHeldOut(int fact) => Hash.Of((ulong)fact, 202) % 5 < 2;

    public static SampleRow Make(Draw draw)
    {
        var facts = Enumerable.Range(0, 5 + draw.Below(4)).Select(_ => draw.Below(Count)).Distinct();
        return SampleRow.Prose(Kind, draw, string.Join(draw.IsChinese ? "" : " ", facts.Select(fact => Sentence(draw, fact))));
    }

    public static string Sentence(Draw draw, int fact)
    {
        string p = draw.In(Person(fact)), v = draw.In(Value(fact));
        return (fact % Attributes.Length) switch
        {
            0 => draw.Say([$"{p} lives in {v}.", $"The home of {p} is {v}."], [$"{p}住在{v}。", $"{p}的家在{v}。"]),
            1 => draw.Say([$"{p} works as a {v}.", $"The job of {p} is {v}."], [$"{p}是一名{v}。", $"{p}的工作是{v}。"]),
            2 => draw.Say([$"{p} has a {v}.", $"The pet of {p} is a {v}."], [$"{p}养了一只{v}。", $"{p}的宠物是{v}。"]),
            3 => draw.Say([$"{p} likes to eat {v}.", $"The favourite food of {p} is {v}."], [$"{p}喜欢吃{v}。", $"{p}最爱的食物是{v}。"]),
            _ => draw.Say([$"{p} likes the colour {v}.", $"The favourite colour of {p} is {v}."], [$"{p}喜欢{v}。", $"{p}最爱的颜色是{v}。"]),
        };
    }

    public static string Question(Draw draw, int fact)
    {
        var p = draw.In(Person(fact));
        return (fact % Attributes.Length) switch
        {
            0 => draw.Say([$"Where does {p} live?", $"What is the home of {p}?"], [$"{p}住在哪里？", $"{p}的家在哪里？"]),
            1 => draw.Say([$"What does {p} work as?", $"What is the job of {p}?"], [$"{p}做什么工作？", $"{p}的工作是什么？"]),
            2 => draw.Say([$"What pet does {p} have?", $"What is the pet of {p}?"], [$"{p}养了什么？", $"{p}的宠物是什么？"]),
            3 => draw.Say([$"What does {p} like to eat?", $"What is the favourite food of {p}?"], [$"{p}喜欢吃什么？", $"{p}最爱的食物是什么？"]),
            _ => draw.Say([$"Which colour does {p} like?", $"What is the favourite colour of {p}?"], [$"{p}喜欢什么颜色？", $"{p}最爱的颜色是什么？"]),
        };
    }
}
