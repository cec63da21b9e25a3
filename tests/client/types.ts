// What a frontend relies on, said to the compiler: a document whose types say less than this does not pass. `portal` is made by
// openapi-typescript, `hey` by @hey-api/openapi-ts, both from the same document.
import createClient from "openapi-fetch";
import type { components, paths } from "./portal";
import * as hey from "./hey";

type Schemas = components["schemas"];
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function holds<_ extends true>(): void;

// Vocabularies are closed, and have a name of their own in both.
type UploadStatus = "waiting" | "processing" | "ready" | "failed" | "timed_out" | "cancelled";
holds<Same<Schemas["UploadStatus"], UploadStatus>>();
holds<Same<Schemas["Upload"]["status"], Schemas["UploadStatus"]>>();
holds<Same<hey.UploadStatus, UploadStatus>>();
holds<Same<hey.Upload["status"], hey.UploadStatus>>();
holds<Same<hey.Me["role"], hey.Role>>();
holds<Same<Schemas["Task"]["status"], "pending" | "in_progress" | "blocked" | "done">>();

// A field of an answer is there, null where there is nothing; one of a request may be left out.
holds<Same<Schemas["Task"]["dueDate"], string | null>>();
holds<Same<Schemas["CreateProjectInput"]["description"], string | undefined>>();
holds<Same<Schemas["RequestUploadInput"]["assetId"], string | null | undefined>>();
holds<Same<hey.Task["dueDate"], string | null>>();

// Sizes are numbers, as JSON.parse makes them.
holds<Same<hey.Upload["sizeBytes"], number>>();

// A query has no null.
type ProjectsQuery = NonNullable<paths["/api/projects"]["get"]["parameters"]["query"]>;
holds<Same<ProjectsQuery["order"], "asc" | "desc" | undefined>>();
holds<Same<ProjectsQuery["cursor"], string | undefined>>();
holds<Same<NonNullable<hey.ListProjectsData["query"]>["order"], hey.SortOrder | undefined>>();

// What is free is an object whose fields are not known, and nothing else is unknown.
holds<Same<Schemas["AuditEntry"]["oldValue"], { [key: string]: unknown } | null>>();
holds<Same<Schemas["Asset"]["metadata"], { [key: string]: string }>>();

// Problems are told apart by words that the compiler knows.
holds<Same<Schemas["Problem"]["type"], Schemas["ProblemType"]>>();
const stale: Schemas["ProblemType"] = "/problems/version-stale";
// @ts-expect-error There is no such problem.
const misspelt: Schemas["ProblemType"] = "/problems/version-stael";

const portal = createClient<paths>({ baseUrl: "/" });

export async function asks(id: string) {
  const { data, error } = await portal.GET("/api/tasks/{id}", { params: { path: { id } } });
  holds<Same<typeof data, Schemas["Task"] | undefined>>();
  holds<Same<typeof error, Schemas["Problem"] | undefined>>();

  // @ts-expect-error A change says which version it means.
  await portal.PATCH("/api/tasks/{id}", { params: { path: { id } }, body: { title: "Grade the opening" } });
  await portal.PATCH("/api/tasks/{id}", { params: { path: { id }, header: { "If-Match": "*" } }, body: { title: "Grade the opening" } });
  // @ts-expect-error A project has a name.
  await portal.POST("/api/projects", { body: { description: "For the client" } });

  const moved = await hey.changeTaskStatus({ path: { id }, headers: { "If-Match": "*" }, body: { status: "done" } });
  holds<Same<typeof moved.data, hey.Task | undefined>>();
  // @ts-expect-error Another word than those of the vocabulary.
  await hey.changeTaskStatus({ path: { id }, headers: { "If-Match": "*" }, body: { status: "finished" } });
  // @ts-expect-error A field that is not known is refused.
  await hey.createProject({ body: { name: "Autumn campaign", colour: "red" } });
  return [stale, misspelt];
}
