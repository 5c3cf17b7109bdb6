/** The stations of a cluster whose log several have. */

/** Like the name of a host: labels of letters, digits and dashes, with dots between them. */
export const stationNamePattern =
  '^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$';

/** Base URL of a station: no user, no query, no slash at the end. */
export const stationUrlPattern = '^https?://[^\\s/?#@]+(/[^\\s?#@]*[^\\s?#@/])?$';
export const stationUrlMax = 2048;

/** Stations that may be known; three do for most clusters. */
export const stationsMax = 64;

const [name, url] = [new RegExp(stationNamePattern), new RegExp(stationUrlPattern)];

export const isStationName = (text: string): boolean => name.test(text);

export const isStationUrl = (text: string): boolean =>
  text.length <= stationUrlMax && url.test(text);
