namespace InternPlatform.Training;

/// <summary>A training run cannot start or go on; the message says what is wrong, where, and what to do.</summary>
public sealed class TrainingException : Exception
{
    /// <summary>A refusal without an inner cause.</summary>
    /// <param name="message">What, where, and what to do.</param>
    public TrainingException(string message) : base(message)
    {
    }

    /// <summary>A refusal with the failure behind it.</summary>
    /// <param name="message">What, where, and what to do.</param>
    /// <param name="innerException">The failure that was met.</param>
    public TrainingException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
