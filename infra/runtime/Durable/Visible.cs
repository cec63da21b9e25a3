using System.Runtime.CompilerServices;

// Tests look at histories and worker ids, which are nobody else's business.
[assembly: InternalsVisibleTo("Portal.Tests.Integration")]
[assembly: InternalsVisibleTo("Portal.Tests.Unit")]
[assembly: InternalsVisibleTo("Portal.Tests.Benchmarks")]
[assembly: InternalsVisibleTo("Portal.Tests.Soak")]
[assembly: InternalsVisibleTo("Portal.Tests.Support")]
