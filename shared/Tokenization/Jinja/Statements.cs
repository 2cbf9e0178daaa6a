namespace InternPlatform.Tokenization.Jinja;

/// <summary>How a statement ended: most go on, two leave or repeat the loop around them.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A piece of a template that writes or sets something.</summary>
internal abstract class Statement
{
    public Flow Run(Frame frame)
    {
        frame.Step();
        return Execute(frame);
    }

    protected abstract Flow Execute(Frame frame);
}

internal sealed class Data(string text) : Statement
{
    private readonly MarkedText text = new(text, Origin.Template);

    protected override Flow Execute(Frame frame)
    {
        frame.Output.Add(text);
        return Flow.Next;
    }
}

internal sealed class Output(Expression value) : Statement
{
    protected override Flow Execute(Frame frame)
    {
        frame.Output.Add(Values.Text(value.Evaluate(frame)));
        return Flow.Next;
    }
}

internal sealed class Block(List<Statement> statements) : Statement
{
    protected override Flow Execute(Frame frame)
    {
        foreach (var statement in statements)
        {
            var flow = statement.Run(frame);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }
}

internal sealed class Jump(Flow flow) : Statement
{
    protected override Flow Execute(Frame frame) => flow;
}

/// <summary><c>set</c>, of a value or of what a block writes.</summary>
internal sealed class Assignment(Expression target, Expression? value, Statement? body) : Statement
{
    protected override Flow Execute(Frame frame)
    {
        Targets.Assign(target, value is not null ? value.Evaluate(frame) : Written(frame), frame);
        return Flow.Next;
    }

    private MarkedText Written(Frame frame)
    {
        var apart = frame.Apart();
        body!.Run(apart);
        return apart.Output.ToText();
    }
}

internal sealed class Condition(List<(Expression When, Statement Then)> branches, Statement otherwise) : Statement
{
    protected override Flow Execute(Frame frame)
    {
        foreach (var (when, then) in branches)
        {
            if (Values.IsTrue(when.Evaluate(frame)))
            {
                return then.Run(frame);
            }
        }

        return otherwise.Run(frame);
    }
}

internal sealed class Loop(Expression target, Expression items, Expression? filter, Statement body, Statement otherwise) : Statement
{
    protected override Flow Execute(Frame frame)
    {
        var taken = Taken(frame);
        for (var i = 0; i < taken.Count; i++)
        {
            var inner = frame.Inner();
            Targets.Assign(target, taken[i], inner);
            inner.Set("loop", new LoopState(taken, i));
            if (body.Run(inner) == Flow.Break)
            {
                break;
            }
        }

        return taken.Count == 0 ? otherwise.Run(frame) : Flow.Next;
    }

    private List<object?> Taken(Frame frame)
    {
        var all = Values.Items(items.Evaluate(frame));
        return filter is null ? all : all.FindAll(item =>
        {
            var inner = frame.Inner();
            Targets.Assign(target, item, inner);
            return Values.IsTrue(filter.Evaluate(inner));
        });
    }
}

/// <summary>The variable <c>loop</c>.</summary>
internal sealed record LoopState(List<object?> Items, int Index)
{
    public object? Get(string name) => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)Items.Count - Index,
        "revindex0" => (long)Items.Count - Index - 1,
        "first" => Index == 0,
        "last" => Index == Items.Count - 1,
        "length" => (long)Items.Count,
        "previtem" when Index > 0 => Items[Index - 1],
        "nextitem" when Index < Items.Count - 1 => Items[Index + 1],
        _ => new Undefined($"loop.{name}"),
    };
}

internal sealed class Macro(string name, List<(string Name, Expression? Otherwise)> parameters, Statement body) : Statement
{
    protected override Flow Execute(Frame frame)
    {
        frame.Set(name, new Function(name, arguments => Call(frame, arguments)));
        return Flow.Next;
    }

    private MarkedText Call(Frame defined, Arguments arguments)
    {
        var frame = defined.Apart();
        foreach (var (index, (parameter, otherwise)) in parameters.Index())
        {
            frame.Set(parameter, arguments.Get(index, parameter, otherwise is null ? new Undefined(parameter) : otherwise.Evaluate(frame)));
        }

        body.Run(frame);
        return frame.Output.ToText();
    }
}

/// <summary>What can stand to the left of <c>=</c>: a name, names with commas, or a member of a namespace.</summary>
internal static class Targets
{
    public static void Assign(Expression target, object? value, Frame frame)
    {
        switch (target)
        {
            case NameOf name:
                frame.Set(name.Name, value);
                break;
            case MemberOf member when member.Target.Evaluate(frame) is Map { IsNamespace: true } space:
                space.Set(member.Name, value);
                break;
            case ListOf list when Values.Items(value) is var items && items.Count == list.Items.Count:
                foreach (var (part, item) in list.Items.Zip(items))
                {
                    Assign(part, item, frame);
                }

                break;
            default:
                throw new ChatTemplateException($"The template cannot set this to {Values.NameOf(value)}.");
        }
    }
}
