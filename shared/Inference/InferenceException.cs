namespace InternPlatform.Inference;

/// <summary>A refusal that a caller can act on; <see cref="Code"/> is stable, the message has the values.</summary>
public class InferenceException : Exception
{
    /// <summary>Creates a refusal.</summary>
    public InferenceException(string code, string message, string? parameter = null)
        : base(message)
    {
        Code = code;
        Parameter = parameter;
    }

    /// <summary>Stable name of the refusal, such as <c>context_length_exceeded</c>.</summary>
    public string Code { get; }

    /// <summary>Name of the request field that caused it, if one did.</summary>
    public string? Parameter { get; }
}

/// <summary>The waiting queue has no place left: ask again later.</summary>
public sealed class EngineFullException(int waiting)
    : InferenceException("engine_full", $"The server is busy: {waiting} requests are waiting already. Try again in a moment.");

/// <summary>The engine was stopped, or broke, before the request was finished.</summary>
public sealed class EngineStoppedException(string reason)
    : InferenceException("engine_stopped", reason);

/// <summary>The model produced logits that are NaN or infinite; only this request fails.</summary>
public sealed class NotFiniteLogitsException(int position)
    : InferenceException("not_finite_logits", $"The model's output at position {position} is not a number; the weights or the input are damaged.");

/// <summary>The model does not fit into the memory it may use.</summary>
public sealed class NotEnoughMemoryException(string message)
    : InferenceException("not_enough_memory", message);

/// <summary>The constraint allows no token here.</summary>
public sealed class ConstraintDeadEndException(int position)
    : InferenceException("constraint_dead_end", $"No token of the vocabulary can continue the required format at position {position}.");
