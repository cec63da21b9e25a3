namespace DurableTask.Core
{
    public class FailureDetails
    {
        public FailureDetails(
            string errorType, string errorMessage, string? stackTrace, FailureDetails? innerFailure, bool isNonRetriable)
        {
            ErrorType = errorType;
            ErrorMessage = errorMessage;
            StackTrace = stackTrace;
            InnerFailure = innerFailure;
            IsNonRetriable = isNonRetriable;
        }

        public string ErrorType { get; }

        public string ErrorMessage { get; }

        public string? StackTrace { get; }

        public FailureDetails? InnerFailure { get; }

        public bool IsNonRetriable { get; }
    }
}

namespace DurableTask.Core.Exceptions
{
    // Without nullable annotations in the real assembly.
#nullable disable
    public class OrchestrationAlreadyExistsException : InvalidOperationException
    {
        public OrchestrationAlreadyExistsException()
        {
        }

        public OrchestrationAlreadyExistsException(string message)
            : base(message)
        {
        }

        public OrchestrationAlreadyExistsException(string message, Exception innerException)
            : base(message, innerException)
        {
        }
    }

    public class TaskFailedException : OrchestrationException
    {
        public TaskFailedException(string reason)
            : base(reason)
        {
        }
    }

    public class SubOrchestrationFailedException : OrchestrationException
    {
        public SubOrchestrationFailedException(string reason)
            : base(reason)
        {
        }
    }
#nullable restore

    public class OrchestrationException : Exception
    {
        public OrchestrationException(string message)
            : base(message)
        {
        }

        public FailureDetails? FailureDetails { get; set; }
    }
}
